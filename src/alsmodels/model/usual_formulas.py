"""Formulas of the usual models, written from their parts, and read back into them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, final

from alsmodels.errors import SpecError, shown
from alsmodels.model.expressions import read_expression
from alsmodels.model.formula import Formula, read_formula, spell_name, spell_response
from alsmodels.model.grammar import Name
from alsmodels.model.timescale import TimeScale

__all__ = ["Baseline", "Parts", "RandomEffects", "parts_of", "write_formula"]

RandomEffects = Literal["phases", "slope", "intercept", "independent"]
Baseline = Literal["separate", "shared"]


def write_formula(
    outcome: str,
    timescale: TimeScale,
    *,
    arm: str | None,
    baseline: Baseline,
    covariates: Sequence[str] | str,
    random: RandomEffects,
) -> str:
    """The formula of a model with these parts.

    Raises
    ------
    SpecError
        If a part is not one of those that there are.
    """
    time = timescale.expression
    effects = {"phases": f"({time} | subject)", "independent": f"({time} || subject)"}
    effects |= {"slope": f"({timescale.unit} | subject)", "intercept": "(1 | subject)"}
    _check_names(outcome, arm, covariates)
    if not isinstance(random, str) or random not in effects:
        msg = f"random is one of {', '.join(map(repr, effects))}; not {shown(random)}."
        raise SpecError(msg)
    if baseline not in ("separate", "shared"):
        msg = f"baseline is 'separate' or 'shared'; not {shown(baseline)}."
        raise SpecError(msg)
    if baseline == "shared" and arm is None:
        msg = "A baseline is shared by arms; name the column of arms, or leave baseline='separate'."
        raise SpecError(msg)
    fixed = [time]
    if arm is not None:
        name = spell_name(arm)
        fixed = [f"{name} * {time}"] if baseline == "separate" else [time, f"{name}:{time}"]
    names = [covariates] if isinstance(covariates, str) else covariates
    terms = [*fixed, *map(spell_name, names), effects[random]]
    return f"{spell_response(outcome)} ~ {' + '.join(terms)}"


def _check_names(outcome: object, arm: object, covariates: object) -> None:
    """Refuse what is no name, and what would be more than one where it is spelt in backticks."""
    listed = list(covariates) if isinstance(covariates, Sequence) and not isinstance(covariates, str) else [covariates]
    names = [*([] if arm is None else [arm]), *listed]
    strange = [name for name in (outcome, *names) if not isinstance(name, str)]
    strange += [name for name in names if isinstance(name, str) and "`" in name]
    if strange:
        msg = f"The outcome, the arm and the covariates are names of columns, not {shown(strange[0])}."
        raise SpecError(msg)


@final
@dataclass(frozen=True, slots=True)
class Parts:
    """What a maker was given.

    Attributes
    ----------
    timescale : TimeScale
        The phases, in a unit of time.
    arm : str or None
        The column of arms.
    baseline : {"separate", "shared"}
        Whether each arm has its own mean at baseline.
    random : {"phases", "slope", "intercept", "independent"}
        The structure of the random effects.
    covariates : tuple of str
        The columns with main effects.
    """

    timescale: TimeScale
    arm: str | None
    baseline: Baseline
    random: RandomEffects
    covariates: tuple[str, ...]


def parts_of(formula: Formula, timescale: TimeScale) -> Parts:
    """What a maker would be given to write a formula.

    Raises
    ------
    SpecError
        If no maker would write it.
    """
    time = timescale.expression
    crossed = [product for product in formula.fixed.products if len(product) == 2 and time in product]
    arms = {name for product in crossed for name in product if name != time}
    arm = arms.pop() if len(arms) == 1 else None
    own = {(time,), (arm,), *crossed}
    covariates = tuple(_column_of(product) for product in formula.fixed.products if product not in own)
    baseline: Baseline = "separate" if arm is None or (arm,) in formula.fixed.products else "shared"
    kinds: tuple[RandomEffects, ...] = ("phases", "slope", "intercept", "independent")
    for random in kinds if None not in covariates and not formula.offsets else ():
        made = Parts(timescale, _plain(arm), baseline, random, tuple(name for name in covariates if name is not None))
        given = {"arm": made.arm, "baseline": made.baseline, "covariates": made.covariates, "random": made.random}
        if read_formula(write_formula(formula.response, timescale, **given)) == formula:  # type: ignore[arg-type]  # a record of them all
            return made
    msg = f"No maker writes '{formula.shown}', so there is nothing of it to replace by name; write the formula."
    raise SpecError(msg)


def _column_of(product: tuple[str, ...]) -> str | None:
    """The column that a term is by itself; None of any other term."""
    node = read_expression(product[0]) if len(product) == 1 else None
    return node.text if isinstance(node, Name) else None


def _plain(spelt: str | None) -> str | None:
    return None if spelt is None else _column_of((spelt,))
