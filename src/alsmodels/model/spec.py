"""What is to be fitted, as a value: a formula, and makers that write the usual ones."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final, cast, final

from alsmodels.data.roles import TimeUnit
from alsmodels.data.texts import without_mark
from alsmodels.errors import FormulaError, SpecError, shown
from alsmodels.model.formula import Formula, read_formula, spell_name, spell_response
from alsmodels.model.timescale import TIME_COLUMNS, WEEKS_PER_UNIT, OnePhase, Phases, TimeScale, TwoPhase, time_scale
from alsmodels.model.transformed import ResponseTransform, read_transform
from alsmodels.model.usual_formulas import Baseline, RandomEffects, parts_of, write_formula

__all__ = ["ModelSpec", "linear_decline", "several_phases", "two_phase"]

FORMAT = "alsmodels-spec-1"


@final
class Kept:
    """What stands for an argument that is not given, where None means something."""


KEPT: Final = Kept()


@final
@dataclass(frozen=True)
class ModelSpec:
    """A linear mixed model, written as a formula.

    Parameters
    ----------
    formula : str
        The model formula in the notation of lme4; it is parsed, never evaluated. Random effects are grouped by
        ``subject``.

    Raises
    ------
    FormulaError
        If the formula is outside the grammar, has no random effects or groups them by anything but the subject.

    Examples
    --------
    >>> spec = ModelSpec("alsfrs_r ~ arm * phase(week, 24) + (phase(week, 24) | subject)")
    >>> spec.response, spec.timescale
    ('alsfrs_r', TwoPhase(knot=24.0))
    >>> ModelSpec.from_json(spec.to_json()) == spec
    True
    """

    formula: str

    def __post_init__(self) -> None:
        object.__setattr__(self, "formula", str(read_formula(_as_text(self.formula))))
        _check_groups(self.parsed)
        _check_knots(self.parsed)

    @cached_property
    def parsed(self) -> Formula:
        """The formula, read."""
        return read_formula(self.formula)

    @property
    def response(self) -> str:
        """The response as the formula spells it, such as ``log(il6)``."""
        return self.parsed.response

    @cached_property
    def transform(self) -> ResponseTransform:
        """What the response is of its column: the column as it is, its logarithm, or another function."""
        return read_transform(self.parsed.response, self.columns[0])

    @property
    def columns(self) -> tuple[str, ...]:
        """Every column of the data that the model reads."""
        return self.parsed.columns

    @property
    def timescale(self) -> TimeScale:
        """The phases of the formula's ``phase`` in its unit of time, or one phase."""
        unit = self.parsed.time
        return time_scale(self.parsed.knots, "week" if unit is None else cast("TimeUnit", unit))

    @property
    def shown(self) -> str:
        """The formula as titles show it: knots with six digits."""
        return self.parsed.shown

    @property
    def has_time(self) -> bool:
        """Whether the mean or the random effects are functions of time."""
        return not TIME_COLUMNS.isdisjoint(self.parsed.term_columns)

    def replace(
        self,
        *,
        outcome: str | None = None,
        arm: str | Kept | None = KEPT,
        knot: float | Sequence[float] | None = None,
        time: TimeUnit | None = None,
        baseline: Baseline | None = None,
        random: RandomEffects | None = None,
        covariates: Sequence[str] | str | None = None,
    ) -> "ModelSpec":
        """The same model with something else in it; what is not named stays.

        A specification that no maker writes, with interactions of covariates perhaps, has its outcome replaced; for
        anything else its formula is to be written.

        Parameters
        ----------
        outcome : str, optional
            The new response, as in `two_phase`.
        arm : str or None, optional
            The new column of arms; ``arm=None`` takes the arms out of the model.
        baseline : {"separate", "shared"}, optional
            Whether each arm has its own mean at baseline, or all arms share one.
        random : {"phases", "slope", "intercept", "independent"}, optional
            The new structure of the random effects, as in `two_phase`.
        covariates : str or sequence of str, optional
            The new columns with main effects.
        time : {"week", "day", "month"}, optional
            The new unit of time in the formula.
        knot : float or sequence of float, optional
            The new knot or knots, in the unit of time; an empty sequence gives a model of one phase.

        Returns
        -------
        ModelSpec
            The new specification; the old one is unchanged.

        Raises
        ------
        SpecError
            If no maker writes the model.

        Examples
        --------
        >>> print(two_phase("alsfrs_r", arm="arm").replace(knot=16, random="slope"))
        alsfrs_r ~ arm + phase(week, 16) + arm:phase(week, 16) + (week | subject)
        """
        if outcome is not None and [arm, knot, time, baseline, random, covariates] == [KEPT, *[None] * 5]:
            return ModelSpec(str(replace(self.parsed, response=spell_response(outcome))))
        made = parts_of(self.parsed, self.timescale)
        arm = made.arm if isinstance(arm, Kept) else arm
        unit = made.timescale.unit if time is None else time
        knots = [one / WEEKS_PER_UNIT[unit] for one in made.timescale.knot_weeks] if time else list(self.parsed.knots)
        if knot is not None:
            knots = list(knot) if isinstance(knot, Sequence) else [knot]
        kept = "separate" if arm is None else made.baseline
        several = made.random if knots or made.random in ("slope", "intercept", "independent") else "slope"
        formula = write_formula(
            self.response if outcome is None else outcome,
            time_scale(knots, unit),
            arm=arm,
            baseline=kept if baseline is None else baseline,
            covariates=made.covariates if covariates is None else covariates,
            random=several if random is None else random,
        )
        return ModelSpec(formula)

    def to_json(self) -> str:
        """The specification as JSON."""
        return json.dumps({"format": FORMAT, "formula": self.formula}, indent=2)

    @classmethod
    def from_json(cls, text: str) -> "ModelSpec":
        """Read what ``to_json`` wrote; raises ``SpecError`` for anything else."""
        try:
            content = json.loads(without_mark(text))
        except (ValueError, TypeError, RecursionError) as error:
            msg = f"The specification is not JSON: {error}."
            raise SpecError(msg) from error
        if not isinstance(content, dict) or content.get("format") != FORMAT or set(content) != {"format", "formula"}:
            msg = f'A specification is a JSON object with "format": "{FORMAT}" and "formula", and nothing else.'
            raise SpecError(msg)
        return cls(content["formula"])

    def __str__(self) -> str:
        """The formula."""
        return self.formula


def linear_decline(
    outcome: str,
    *,
    arm: str | None = None,
    baseline: Baseline = "separate",
    random: RandomEffects = "slope",
    covariates: Sequence[str] | str = (),
    time: TimeUnit = "week",
) -> ModelSpec:
    """One slope for each arm.

    Parameters
    ----------
    outcome : str
        The response, or a transform of it such as ``"log(il6)"``. A column name with signs, such as ``"IL-6 [pg/mL]"``,
        is written as it is.
    arm : str, optional
        The column of treatment arms, ``"arm"`` in a cohort; None for one arm.
    baseline : {"separate", "shared"}, default "separate"
        Whether each arm has its own intercept (``"separate"``) or all arms share one (``"shared"``), for randomised
        arms only.
    random : {"phases", "slope", "intercept", "independent"}, default "slope"
        The structure of the random effects: ``"slope"``, correlated random intercepts and slopes; ``"independent"``
        ones; or the ``"intercept"`` alone.
    covariates : str or sequence of str, default ()
        The columns that are added as main effects.
    time : {"week", "day", "month"}, default "week"
        The unit of time in the formula; coefficients are changes per unit.

    Returns
    -------
    ModelSpec
        The specification of the model.

    Examples
    --------
    >>> print(linear_decline("alsfrs_r", arm="arm"))
    alsfrs_r ~ arm + week + arm:week + (week | subject)
    """
    return ModelSpec(
        write_formula(outcome, OnePhase(time), arm=arm, baseline=baseline, covariates=covariates, random=random)
    )


def two_phase(
    outcome: str,
    *,
    arm: str | None = None,
    knot: float | None = None,
    baseline: Baseline = "separate",
    random: RandomEffects = "phases",
    covariates: Sequence[str] | str = (),
    time: TimeUnit = "week",
) -> ModelSpec:
    """A slope before and a slope after the knot for each arm.

    Parameters
    ----------
    outcome : str
        The response, or a transform of it such as ``"log(il6)"``.
    arm : str, optional
        The column of treatment arms, ``"arm"`` in a cohort; None for one arm.
    baseline : {"separate", "shared"}, default "separate"
        Whether each arm has its own intercept (``"separate"``) or all arms share one (``"shared"``), for randomised
        arms only.
    covariates : str or sequence of str, default ()
        The columns that are added as main effects.
    time : {"week", "day", "month"}, default "week"
        The unit of time in the formula; coefficients are changes per unit.
    knot : float, optional
        The time at which the second phase begins, in the unit of ``time``; week 24 by default.
    random : {"phases", "slope", "intercept", "independent"}, default "phases"
        The structure of the random effects: ``"phases"``, correlated random intercepts and slopes in both phases;
        ``"slope"``, one random slope over the whole time; ``"independent"``, both phases without correlations;
        ``"intercept"`` alone. Leaving the random phase-2 slope out understates the standard error of a change of slope.

    Returns
    -------
    ModelSpec
        The specification of the model.

    Examples
    --------
    >>> print(two_phase("alsfrs_r", arm="arm", knot=24))
    alsfrs_r ~ arm + phase(week, 24) + arm:phase(week, 24) + (phase(week, 24) | subject)
    >>> print(two_phase("log(nfl)", knot=12, random="slope", covariates=["age"]))
    log(nfl) ~ phase(week, 12) + age + (week | subject)
    >>> print(two_phase("alsfrs_r", knot=6, time="month"))
    alsfrs_r ~ phase(month, 6) + (phase(month, 6) | subject)
    """
    scale = TwoPhase(_usual_knot(time) if knot is None else knot, time)
    return ModelSpec(write_formula(outcome, scale, arm=arm, baseline=baseline, covariates=covariates, random=random))


def several_phases(
    outcome: str,
    *,
    knots: Sequence[float],
    arm: str | None = None,
    baseline: Baseline = "separate",
    random: RandomEffects = "phases",
    covariates: Sequence[str] | str = (),
    time: TimeUnit = "week",
) -> ModelSpec:
    """A slope in each of several phases for each arm.

    Parameters
    ----------
    outcome : str
        The response, or a transform of it such as ``"log(il6)"``.
    arm : str, optional
        The column of treatment arms, ``"arm"`` in a cohort; None for one arm.
    baseline : {"separate", "shared"}, default "separate"
        Whether each arm has its own intercept (``"separate"``) or all arms share one (``"shared"``), for randomised
        arms only.
    random : {"phases", "slope", "intercept", "independent"}, default "phases"
        The structure of the random effects, as in `two_phase`.
    covariates : str or sequence of str, default ()
        The columns that are added as main effects.
    time : {"week", "day", "month"}, default "week"
        The unit of time in the formula; coefficients are changes per unit.
    knots : sequence of float
        The times at which phases begin, in order, in the unit of ``time``.

    Returns
    -------
    ModelSpec
        The specification of the model.

    Examples
    --------
    >>> print(several_phases("alsfrs_r", knots=(12, 24), arm="arm", random="slope"))
    alsfrs_r ~ arm + phase(week, 12, 24) + arm:phase(week, 12, 24) + (week | subject)
    """
    scale = Phases(tuple(knots), time)
    return ModelSpec(write_formula(outcome, scale, arm=arm, baseline=baseline, covariates=covariates, random=random))


def _usual_knot(time: object) -> float:
    if not isinstance(time, str):
        msg = f"The unit of time is 'week', 'day' or 'month', not {shown(time)}."
        raise SpecError(msg)
    if time != "week":
        msg = f"Say the knot in {time}s, as in two_phase(..., knot=6, time='month'); week 24 is the usual one in weeks."
        raise SpecError(msg)
    return 24.0


def _as_text(formula: object) -> str:
    if not isinstance(formula, str):
        msg = f"A formula is a text, not {type(formula).__name__}."
        raise FormulaError(msg)
    return formula


def _check_groups(formula: Formula) -> None:
    if not formula.random:
        time = formula.time or "week"
        msg = f"'{formula}' has no random effects; add ({time} | subject) or (1 | subject)."
        raise FormulaError(msg)
    for term in formula.random:
        if term.group != "subject":
            own = spell_name(term.group)
            msg = (
                f"Random effects are grouped by 'subject', not by '{term.group}'. If '{term.group}' names subjects, "
                f"write ({term.terms.short} | subject), as their column is called inside a cohort and in a table. "
                f"There is one level of grouping; a site or a country goes into the mean, as '+ {own}' or "
                f"'+ {own} * week'."
            )
            raise FormulaError(msg)


def _check_knots(formula: Formula) -> None:
    """One time scale: phases in one unit, and knots of which the widest ``phase`` has all."""
    units = tuple(dict.fromkeys(unit for unit, _ in formula.phases))
    if len(units) > 1:
        msg = f"The phases of a model are in one unit of time, not in {' and '.join(units)}."
        raise FormulaError(msg)
    for unit, knots in formula.phases:
        time_scale(knots, cast("TimeUnit", unit))
    if formula.phases and not any(knots == formula.knots for _, knots in formula.phases):
        said = ", ".join(f"{knot:g}" for knot in formula.knots)
        msg = (
            f"A model has one time scale; the knots {said} stand in different phases. Write them in one, as "
            f"phase({units[0]}, {said}); another phase of the formula may leave some of them out."
        )
        raise FormulaError(msg)
