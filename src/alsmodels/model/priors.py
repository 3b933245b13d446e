"""Priors of a mixed model: explicit numbers on the scale of the data, and the rules that propose them.

The fixed effects are independent normals, the standard deviations half-normal or half-t, the correlations of each
block of random effects LKJ. Nothing is rescaled or centred behind the user's back: what the table says is what is used.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from difflib import get_close_matches
from types import MappingProxyType
from typing import Any, TypeVar, cast, final

import numpy as np
import pandas as pd

from alsmodels.data.spelling import suggest
from alsmodels.errors import SpecError, shown
from alsmodels.model.design import Design
from alsmodels.model.distributions import LKJ, Distribution, HalfNormal, HalfT, Normal, Scale, distribution_from_dict
from alsmodels.model.encoded import Encoded
from alsmodels.model.encoding import Encoding
from alsmodels.model.soundness import explained
from alsmodels.model.spec import ModelSpec
from alsmodels.model.terms import Factor, Term

__all__ = ["DEFAULT_CORRELATION", "Priors", "check_names", "check_priors", "default_priors"]

RULE = "default rule"
DEFAULT_CORRELATION = LKJ(2.0, RULE)
T = TypeVar("T", Normal, HalfNormal | HalfT)


@final
@dataclass(frozen=True)
class Priors:
    """The priors of one model.

    Parameters
    ----------
    fixed : mapping of str to Normal
        The prior of each fixed effect, by the name of its coefficient; slopes are per week.
    sds : mapping of str to HalfNormal or HalfT
        The prior of the standard deviation of each random effect, by name; slopes are per week.
    residual : HalfNormal or HalfT
        The prior of the residual standard deviation.
    correlation : LKJ, optional
        The prior of the correlation matrix of the random effects.
    terms : mapping of str to Term, optional
        The meaning of each coefficient, by name; `Priors.of` adds it to priors that were written by hand.
    """

    fixed: Mapping[str, Normal]
    sds: Mapping[str, Scale]
    residual: Scale
    correlation: LKJ = DEFAULT_CORRELATION
    terms: Mapping[str, Term] = field(default_factory=dict, compare=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "fixed", _checked(self.fixed, Normal, "fixed effect"))
        object.__setattr__(self, "sds", _checked(self.sds, (HalfNormal, HalfT), "random effect"))
        residual, correlation = cast("object", self.residual), cast("object", self.correlation)
        if not isinstance(residual, (HalfNormal, HalfT)) or not isinstance(correlation, LKJ):
            msg = (
                "The residual standard deviation has a HalfNormal or HalfT prior, such as HalfNormal(3), the "
                f"correlations an LKJ prior, such as LKJ(2); not {shown(residual)} and {shown(correlation)}."
            )
            raise SpecError(msg)

    def __reduce__(self) -> tuple[Any, ...]:
        """As its fields, for pickle and copy: read-only mappings cannot be pickled."""
        return type(self), (dict(self.fixed), dict(self.sds), self.residual, self.correlation, dict(self.terms))

    def replace(
        self,
        *,
        fixed: Mapping[str, Normal] | None = None,
        sds: Mapping[str, Scale] | None = None,
        residual: Scale | None = None,
        correlation: LKJ | None = None,
    ) -> "Priors":
        """The same priors but for those given; a name that the model does not have is refused."""
        return replace(
            self,
            fixed=_merged(self.fixed, fixed or {}, "fixed effect"),
            sds=_merged(self.sds, sds or {}, "random effect"),
            residual=residual or self.residual,
            correlation=correlation or self.correlation,
        )

    def of(self, design: Encoded) -> "Priors":
        """The same priors, knowing what each coefficient of a design is: which are slopes, and their titles."""
        return replace(self, terms={term.name: term for term in (*design.fixed_terms, *design.random_terms)})

    def term(self, name: str) -> Term:
        """What a coefficient is; of one that is not known, its name alone."""
        return self.terms.get(name, Term(name, (Factor(name, ()),)))

    def table(self) -> pd.DataFrame:
        """A row for each prior: parameter, term, prior, its central 95%, the same per month for slopes, source."""
        rows = [_row("beta", name, prior, term=self.term(name)) for name, prior in self.fixed.items()]
        rows += [_row("sd", name, prior, term=self.term(name)) for name, prior in self.sds.items()]
        rows += [_row("correlation", "", self.correlation), _row("sigma", "", self.residual)]
        return pd.DataFrame(rows)

    def to_dict(self) -> dict[str, Any]:
        """As values that JSON can hold."""
        return {
            "fixed": {name: _record(prior) for name, prior in self.fixed.items()},
            "sds": {name: _record(prior) for name, prior in self.sds.items()},
            "residual": _record(self.residual),
            "correlation": _record(self.correlation),
        }

    @classmethod
    def from_dict(cls, record: Mapping[str, Any]) -> "Priors":
        """Read what `to_dict` gave."""
        if set(record) != {"fixed", "sds", "residual", "correlation"}:
            msg = f"Priors have fixed, sds, residual and correlation; not {', '.join(map(str, record))}."
            raise SpecError(msg)
        parts: dict[str, Any] = {
            name: {term: distribution_from_dict(value) for term, value in record[name].items()}
            for name in ("fixed", "sds")
        }
        parts |= {name: distribution_from_dict(record[name]) for name in ("residual", "correlation")}
        return cls(**parts)

    def to_json(self) -> str:
        """As JSON."""
        return json.dumps(self.to_dict(), indent=2)

    def __repr__(self) -> str:
        table = self.table()[["parameter", "term", "prior", "source"]]
        return str(table.to_string(index=False))

    def _repr_html_(self) -> str:
        return str(self.table().to_html(index=False, border=0, classes="alsmodels-results"))


def default_priors(design: Design) -> Priors:
    """Weakly informative priors from the scale of the data.

    With ``s`` the standard deviation of the response: the intercept is ``Normal(median, 2.5 s)``, the coefficient of a
    column x ``Normal(0, 2.5 s / sd(x))``; the standard deviation of the random effect of a column z
    ``HalfT(3, s / rms(z))``, the residual one ``HalfT(3, s)``; correlations are ``LKJ(2)``. The factor 2.5 is that
    of rstanarm (Gabry & Goodrich, "Prior distributions for rstanarm models"); three degrees of freedom are brms's.

    Parameters
    ----------
    design : Design
        The design whose response and columns set the scale.

    Returns
    -------
    Priors
        The priors of the model. They read the data once, for their scale. For results to report, write the numbers
        down, or start from a preset such as `alsfrs_r_priors`.

    Raises
    ------
    DesignError
        If the response is the same in every row, which has no scale.
    """
    size = float(np.std(design.y))
    if not size > 1e-12 * np.sqrt(np.mean(design.y**2)):
        raise explained(design.spec, design.n_obs)
    spreads = np.std(design.X, axis=0)
    fixed = {
        name: Normal(0.0, 2.5 * size / float(spread), RULE)
        if spread > 0
        else Normal(float(np.median(design.y)), 2.5 * size, RULE)
        for name, spread in zip(design.fixed_names, spreads, strict=True)
    }
    heights = np.sqrt(np.mean(design.Z**2, axis=0))
    sds = {
        name: HalfT(3.0, size / float(height), RULE) for name, height in zip(design.random_names, heights, strict=True)
    }
    return Priors(fixed=fixed, sds=sds, residual=HalfT(3.0, size, RULE), correlation=DEFAULT_CORRELATION).of(design)


def check_priors(priors: Priors, design: Design) -> None:
    """Refuse priors that are not those of the design's coefficients."""
    check_names(priors, design.spec, design.encoding)


def check_names(priors: Priors, spec: ModelSpec, encoding: Encoding) -> None:
    """Refuse priors that are not those of a model's coefficients, and what is no `Priors`."""
    _check_kind(priors)
    for given, names, what in (
        (priors.fixed, encoding.fixed_names, "fixed effect"),
        (priors.sds, encoding.random_names, "random effect"),
    ):
        missing = [name for name in names if name not in given]
        strange = [name for name in given if name not in names]
        if missing:
            near = get_close_matches(missing[0], strange, n=1)
            hint = f" They have '{near[0]}', which the model has not." if near else ""
            msg = f"The priors lack the {what} '{missing[0]}' of {spec.formula}.{hint}"
            raise SpecError(msg)
        if strange:
            msg = f"The priors have the {what} '{strange[0]}', which {spec.formula} has not."
            raise SpecError(msg)


def _check_kind(priors: object) -> None:
    """Say what to write in place of a dict, a distribution or a number."""
    if isinstance(priors, Priors):
        return
    given = f"a {type(priors).__name__}" if not isinstance(priors, (int, float)) else shown(priors)
    msg = (
        f"priors are a Priors, not {given}: start from default_priors(design), or a preset such as "
        "alsfrs_r_priors(design), and change what you like, such as "
        '.replace(fixed={"week": Normal(0, 0.5)}, residual=HalfNormal(3)).'
    )
    raise SpecError(msg)


def _checked(given: Mapping[str, T], kinds: type | tuple[type, ...], what: str) -> Mapping[str, T]:
    names = " or ".join(kind.__name__ for kind in (kinds if isinstance(kinds, tuple) else (kinds,)))
    table: object = given
    if not isinstance(table, Mapping):
        msg = f"The priors of the {what}s are a dict, a {names} by the name of each; not {shown(given)}."
        raise SpecError(msg)
    for name, prior in given.items():
        if not isinstance(prior, kinds):
            msg = f"The prior of the {what} '{name}' is a {names}, not {shown(prior)}; write {_written(prior, what)}."
            raise SpecError(msg)
    return MappingProxyType(dict(given))


def _written(prior: object, what: str) -> str:
    """What to write for a prior that is none: a number is taken for the middle, or for the size of an SD."""
    is_number = isinstance(prior, (int, float)) and not isinstance(prior, bool)
    if what == "fixed effect":
        return f"Normal({prior}, sd) with how sure you are of it" if is_number else "Normal(mean, sd)"
    return f"HalfNormal({prior})" if is_number else "HalfNormal(sd) or HalfT(df, scale)"


def _merged(old: Mapping[str, T], new: Mapping[str, T], what: str) -> dict[str, T]:
    table: object = new
    if not isinstance(table, Mapping):
        msg = (
            f"replace takes the priors of {what}s as a dict by name, such as {{'{next(iter(old))}': …}}; not "
            f"{shown(new)}."
        )
        raise SpecError(msg)
    for name in new:
        if name not in old:
            msg = f"The model has no {what} '{name}'; {suggest(name, old)}"
            raise SpecError(msg)
    return {**old, **new}


def _row(parameter: str, name: str, prior: Distribution, *, term: Term | None = None) -> dict[str, object]:
    return {
        "parameter": parameter,
        "term": name,
        "prior": str(prior),
        "per_month": str(prior.scaled(term.per_month)) if term is not None and term.is_rate else "",  # type: ignore[union-attr]  # a slope has one that scales
        "source": prior.source,
    }


def _record(prior: Distribution) -> dict[str, Any]:
    return {"kind": type(prior).__name__, **asdict(prior)}
