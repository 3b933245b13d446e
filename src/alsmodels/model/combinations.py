"""Questions of one's own: weights on coefficients or on other questions; and correlations of random effects."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, TypeAlias, final

import numpy as np

from alsmodels.data.spelling import suggest
from alsmodels.errors import EstimandError, shown
from alsmodels.model.estimand import Contrast, Estimand, Vector, label_of, looks_of, put_to, unit_of, words_of
from alsmodels.model.followup import Look
from alsmodels.model.means import Mean
from alsmodels.model.spec import ModelSpec
from alsmodels.model.stack import AnyDesign
from alsmodels.model.terms import Term
from alsmodels.model.units import CORRELATION, RESPONSE, Unit, unit_of_term

__all__ = ["Combination", "EffectCorrelation", "contrast", "effect_correlation"]

Part: TypeAlias = str | Estimand

_OF_ONE: Final = "slopes (per month) or means (units of the response)"


@final
@dataclass(frozen=True, slots=True)
class Combination:
    """A weighted sum of coefficients, by the names of their terms, and of other questions.

    Attributes
    ----------
    parts : tuple of (str or Estimand, float)
        What is weighed, and the weights.
    title : str or None
        What it is called; None for the sum itself.
    per : str or None
        The time that it was said to be a rate over.
    terms : tuple of Term
        Those that are weighed, once a fit has named them.
    """

    parts: tuple[tuple[Part, float], ...]
    title: str | None = None
    per: str | None = None
    terms: tuple[Term, ...] = ()

    name = "contrast"

    def rest(self, sign: str = "-") -> str:
        """The title, or the sum itself."""
        if self.title is not None:
            return f", {self.title}"
        told = [f"{weight:g} × {_say(part, sign)}" for part, weight in self.parts]
        return f", {' + '.join(told)}"

    def words(self, minus: str = "-") -> str:
        """The title, or as in ``contrast, 1 × week + -2 × arm[T.drug]:week``."""
        return self.title or f"{self.name}{self.rest(minus)}"

    @property
    def unit(self) -> Unit:
        """That of its parts; before a fit has named the terms, per what was said."""
        if self.per is not None:
            return Unit(per=self.per)
        return next(iter(self.units.values()), RESPONSE)

    @property
    def label(self) -> str:
        """The question with its unit."""
        return label_of(self)

    def put_to(self, spec: ModelSpec) -> "Combination":
        """With each question as the model puts it."""
        parts = tuple((part if isinstance(part, str) else put_to(part, spec), weight) for part, weight in self.parts)
        return replace(self, parts=parts)

    def with_terms(self, terms: Sequence[Term]) -> "Combination":
        """With the terms of a fit, and so with their units.

        Raises
        ------
        EstimandError
            If its parts have several units, or another than was said.
        """
        parts = tuple((_with_terms(part, terms), weight) for part, weight in self.parts)
        names = {part for part, _ in parts if isinstance(part, str)}
        named = replace(self, parts=parts, terms=tuple(term for term in terms if term.name in names))
        _check_units(named.units, named.per)
        return named

    @property
    def level(self) -> float:
        """How many means it is, less those that are taken off: 1 of an average of means, 0 of a difference."""
        own = {term.name: float(not term.is_contrast) for term in self.terms}
        return sum(
            weight * (own.get(part, 0.0) if isinstance(part, str) else _level(part)) for part, weight in self.parts
        )

    @property
    def units(self) -> dict[str, Unit]:
        """The units of the parts that are known, by what they are called."""
        units = {words_of(part): unit_of(part) for part, _ in self.parts if not isinstance(part, str)}
        return units | {term.name: unit_of_term(term) for term in self.terms}

    def contrast(self, design: AnyDesign) -> Contrast:
        """The sum of the rows."""
        return Contrast(np.sum([weight * _row(part, design) for part, weight in self.parts], axis=0))

    def looks(self, design: AnyDesign) -> tuple[Look, ...]:
        """The weeks of all questions."""
        return tuple(look for part, _ in self.parts if not isinstance(part, str) for look in looks_of(part, design))


@final
@dataclass(frozen=True, slots=True)
class EffectCorrelation:
    """Correlation of two random effects of a posterior, of one outcome or of two."""

    first: str
    second: str

    def words(self, minus: str = "-") -> str:
        """As in ``correlation, alsfrs_r: week and log(nfl): week``."""
        return f"correlation, {self.first} and {self.second}"

    @property
    def unit(self) -> Unit:
        """None: a correlation."""
        return CORRELATION

    @property
    def label(self) -> str:
        """The question; it says that it is of a correlation."""
        return self.words()

    def contrast(self, design: AnyDesign) -> Contrast:
        """Refuse: it is no function of the fixed effects."""
        msg = f"'{self.label}' is a question to a posterior, from sample_lmm or sample_joint."
        raise EstimandError(msg)

    def looks(self, design: AnyDesign) -> tuple[Look, ...]:
        """None."""
        return ()


def contrast(parts: Mapping[Part, float], *, title: str | None = None, per: str | None = None) -> Combination:
    """A question of one's own: a weighted sum of coefficients, of other questions, or of both.

    Parameters
    ----------
    parts : mapping of str or Estimand to float
        The weights of the parts. A part is the name of a term, as tables of coefficients print it, or a question.
    title : str, optional
        The name of the contrast in tables and figures; by default the sum itself.
    per : str, optional
        The time over which a sum of coefficients is a rate, such as ``"week"``, for a label before there is a fit. A
        fit knows the units of its coefficients, and refuses another.

    Returns
    -------
    Combination
        The question, to be given to `estimate`.

    Raises
    ------
    EstimandError
        If there is nothing to weigh, a weight is no finite number, or the questions have different units or are ratios.

    Examples
    --------
    >>> from alsmodels.model.slopes import slope
    >>> both = contrast({slope(phase=1, arm="drug"): 0.5, slope(phase=2, arm="drug"): 0.5}, title="mean of slopes")
    >>> both.label, contrast({"week": 1, "arm[T.drug]:week": 1}, per="week").label
    ('mean of slopes (per month)', 'contrast, 1 × week + 1 × arm[T.drug]:week (per week)')
    """
    if not isinstance(parts, Mapping) or not parts:
        raise EstimandError(f"A contrast is a mapping of terms or questions to weights; not {shown(parts)}.")
    for part, weight in parts.items():
        if not isinstance(part, str) and not hasattr(part, "contrast"):
            raise EstimandError(f"A contrast weighs terms by name, or questions; {shown(part)} is neither.")
        number = isinstance(weight, (int, float, np.number)) and not isinstance(weight, bool)
        if not number or not np.isfinite(weight):
            raise EstimandError(f"The weight of {_say(part)} is a finite number; not {shown(weight)}.")
    if title is not None and not (isinstance(title, str) and title.strip()):
        raise EstimandError(f"The title of a contrast is text; not {shown(title)}.")
    _check_units({words_of(part): unit_of(part) for part in parts if not isinstance(part, str)}, per)
    return Combination(tuple((part, float(weight)) for part, weight in parts.items()), title, per)


def effect_correlation(first: str, second: str) -> EffectCorrelation:
    """Correlation of two random effects, by name; in a joint model ``response: name``.

    Parameters
    ----------
    first : str
        The name of the first random effect; in a joint model ``response: name``.
    second : str
        The name of the second random effect.

    Returns
    -------
    EffectCorrelation
        The question, to be given to `estimate`.
    """
    return EffectCorrelation(first=first, second=second)


def _row(part: Part, design: AnyDesign) -> Vector:
    if isinstance(part, str):
        names = design.encoding.fixed_names
        if part not in names:
            raise EstimandError(f"The model has no term '{part}'; {suggest(part, names)}")
        row = _coefficient(names.index(part), design)
        sets = len(design.offsets) - 1
        return np.tile(row, (sets, 1)) if hasattr(design, "replicates") else row
    found = part.contrast(design)
    if found.over is not None:
        raise EstimandError(f"'{part.label}' is a ratio, and a contrast is a sum; weigh the slopes instead.")
    return found.weights


def _with_terms(part: Part, terms: Sequence[Term]) -> Part:
    return part.with_terms(terms) if isinstance(part, Combination) else part


def _level(question: Estimand) -> float:
    return question.level if isinstance(question, Combination) else float(isinstance(question, Mean))


def _check_units(units: Mapping[str, Unit], per: str | None) -> None:
    """Refuse a sum of several units, or of another than was said."""
    found: dict[Unit, str] = {}
    for name, unit in units.items():
        found.setdefault(unit, name)
    if len(found) > 1:
        several = sorted(found, key=_say_unit)
        told, names = (" and ".join(one) for one in (map(_say_unit, several), (f"'{found[unit]}'" for unit in several)))
        msg = f"What a contrast weighs has one unit; these are {told}, of {names}. Weigh {_OF_ONE} instead."
        raise EstimandError(msg)
    for unit, name in found.items():
        if per is not None and unit.per != per:
            raise EstimandError(f"The contrast was said to be per {per}, and '{name}' is {_say_unit(unit)}.")


def _say_unit(unit: Unit) -> str:
    return str(unit) or "units of the response"


def _coefficient(place: int, design: AnyDesign) -> Vector:
    """A coefficient of the fit, as a row of means: with columns that are left out as they are where it is one."""
    omission, p = design.encoding.omission, len(design.encoding.fixed_names)
    if omission is None:
        return np.asarray(np.arange(p) == place, dtype=float)
    row = np.zeros(p + len(omission.places))
    row[omission.kept[place]] = 1.0
    row[omission.places] = omission.weights[place]
    return row


def _say(part: object, sign: str = "-") -> str:
    return part if isinstance(part, str) else f"({words_of(part, sign)})"  # type: ignore[arg-type]
