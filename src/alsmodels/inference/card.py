"""The design card: what a planned comparison can show, by formula and by simulation, and what it cannot."""

import html
import textwrap
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal, final

import numpy as np
import pandas as pd

from alsmodels.errors import SpecError, shown
from alsmodels.inference.closed_form import Baseline, precision_of
from alsmodels.inference.outlook import Outlook, look_ahead
from alsmodels.inference.trials import analyse_trials, summarise_trials
from alsmodels.inference.verdicts import Reach, judge_design
from alsmodels.model.power import detectable_ratio, power_for
from alsmodels.model.seeds import check_seed
from alsmodels.simulation.truth import Truth

__all__ = ["Controls", "DesignCard", "design_card"]

Controls = Literal["randomised", "historical"]
_WIDTH: Final = 100
_QUANTITIES: Final = {
    "std_error": "standard error",
    "detectable": "effect seen with power {power:g}",
    "power": "power at the assumed effect",
}


@final
@dataclass(frozen=True, eq=False, repr=False)
class DesignCard:
    """What a design promises. It prints itself in a terminal and in a notebook.

    Attributes
    ----------
    truth : Truth
        The generating model, with the effect that the card is of and the visits of the design.
    controls : {"randomised", "historical"}
        Whether the controls are randomised or historical.
    baseline : {"separate", "shared"}
        Whether each arm has its own mean at baseline, or all arms share one.
    level : float
        The significance level of the two-sided test.
    power : float
        The power at which the minimum detectable effect is given.
    arms : pandas.DataFrame
        A row an arm: arm, n, visits (planned), deaths and dropouts (expected numbers).
    table : pandas.DataFrame
        A row a question: estimand, model, effect; std_error, detectable and power by formula, with the prefix
        ``formula_``, and by simulation, with the prefix ``simulated_`` and their Monte Carlo errors ``_mcse``;
        coverage.
    n_replicates : int
        The number of simulated trials; 0 means that there was no simulation.
    seed : int
        The seed of the simulation.
    verdicts : tuple of str
        The sentences that say what the design can and cannot show.
    notes : tuple of str
        The sentences that say what the numbers leave out.
    """

    truth: Truth
    controls: Controls
    baseline: Baseline
    level: float
    power: float
    arms: pd.DataFrame
    table: pd.DataFrame
    n_replicates: int
    seed: int
    verdicts: tuple[str, ...]
    notes: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """As values that JSON can hold; what was not simulated is left out."""
        return {
            "truth": self.truth.to_dict(),
            "controls": self.controls,
            "baseline": self.baseline,
            "level": self.level,
            "power": self.power,
            "arms": self.arms.to_dict("records"),
            "table": self.table.to_dict("records"),
            "n_replicates": self.n_replicates,
            "seed": self.seed,
            "verdicts": list(self.verdicts),
            "notes": list(self.notes),
        }

    @property
    def title(self) -> str:
        """One line: the arms, the truth, the follow-up."""
        arms = " v ".join(f"{row.n} {row.arm}" for row in self.arms.itertuples())
        last = self.truth.schedule.weeks[-1]
        return f"Design card: {arms}, {self.controls} controls, {last:g} weeks, truth {self.truth.name!r}"

    def shown(self) -> pd.DataFrame:
        """The table as it is read: a row for each question and quantity, formula and simulation side by side."""
        rows = []
        for row in self.table.to_dict("records"):
            for name, words in _QUANTITIES.items():
                told = {"question": row["estimand"], "model": row["model"], "quantity": words.format(power=self.power)}
                told["formula"] = f"{row[f'formula_{name}']:.3f}"
                if self.n_replicates:
                    error = row[f"simulated_{name}_mcse"]
                    told["simulated"] = f"{row[f'simulated_{name}']:.3f} ± {error:.3f}"
                rows.append(told)
        return pd.DataFrame(rows)

    def __repr__(self) -> str:
        parts = [self.title, "", self.arms.to_string(index=False, float_format="{:.1f}".format)]
        shown = self.shown().drop(columns=["question", "model"])
        size = len(_QUANTITIES)
        for at, row in enumerate(self.table.itertuples()):
            block = shown.iloc[size * at : size * (at + 1)].set_index("quantity").rename_axis(None)
            parts += ["", f"{row.estimand}, {row.model}; assumed effect {row.effect:.3g}"]
            parts += [f"  {line}" for line in block.to_string().splitlines()]
        for heading, sentences in (("What it can and cannot show", self.verdicts), ("Left out", self.notes)):
            parts += ["", f"{heading}:", *(_wrapped(sentence) for sentence in sentences)]
        return "\n".join(parts)

    def _repr_html_(self) -> str:
        frames = [self.arms.round({"deaths": 1, "dropouts": 1}), self.shown()]
        tables = "".join(frame.to_html(index=False, border=0, classes="alsmodels-results") for frame in frames)
        verdicts, notes = (
            "".join(f"<li>{html.escape(one)}</li>" for one in said) for said in (self.verdicts, self.notes)
        )
        head = f"<p><strong>{html.escape(self.title)}</strong></p>{tables}"
        return f"{head}<p>What it can and cannot show:</p><ul>{verdicts}</ul><p>Left out:</p><ul>{notes}</ul>"


def design_card(
    truth: Truth,
    *,
    arms: Mapping[str, int] | None = None,
    weeks: float | None = None,
    effect: float | None = None,
    controls: Controls | None = None,
    baseline: Baseline = "separate",
    level: float = 0.05,
    power: float = 0.8,
    n_replicates: int = 400,
    seed: int = 1,
) -> DesignCard:
    """Work out what a comparison of two arms can show, before there are data.

    Parameters
    ----------
    truth : Truth
        The generating model: patients, visits, deaths and dropout.
    arms : mapping of str to int, optional
        The numbers of subjects in two arms of the truth; the first arm in the truth is the reference. By default they
        are those of the truth.
    weeks : float, optional
        The week of the last visit; by default all visits of the truth are made. A follow-up that ends at the knot or
        before it is analysed with one slope.
    effect : float, optional
        The effect of treatment on the slope, in points a month. By default it is that of the truth; and if that has
        none, the smallest effect that is seen with ``power`` in the first phase, by formula.
    controls : {"randomised", "historical"}
        Whether the controls are randomised or historical, which must be given: it decides what the design cannot show.
    baseline : {"separate", "shared"}, default "separate"
        Whether each arm has its own mean at baseline (``"separate"``) or both share one (``"shared"``), for randomised
        controls only.
    level : float, default 0.05
        The significance level of the two-sided test.
    power : float, default 0.8
        The power at which the minimum detectable effect is given.
    n_replicates : int, default 400
        The number of simulated trials; 0 leaves the simulation out.
    seed : int, default 1
        The seed of the simulated trials.

    Returns
    -------
    DesignCard
        The card, which prints itself.

    Raises
    ------
    SpecError
        If there are not two arms, it is not said what the controls are, an argument is none of its values, or the
        visits do not tell slopes apart.

    Notes
    -----
    By formula: `expected_precision`, and the noncentral t distribution. By simulation: the standard error is the
    standard deviation of the estimates, power the share of trials that reject zero. The mathematics is on the page
    about power in the documentation.

    Examples
    --------
    >>> from alsmodels.simulation import truths
    >>> card = design_card(truths.anakinra_like(), weeks=24, controls="historical", n_replicates=0)
    >>> card.table["formula_detectable"].round(2).tolist()
    [0.68, 3.97]
    """
    controls = _check(controls, baseline, n_replicates)
    seed = check_seed(seed)
    detectable_ratio(level=level, power=power)
    planned = look_ahead(truth, arms=arms, weeks=weeks)
    outlook = _with_effect(planned, truth, effect, weeks=weeks, baseline=baseline, level=level, power=power)
    table = _by_formula(outlook, baseline=baseline, level=level, power=power)
    if n_replicates:
        table = _by_simulation(outlook, table, n_replicates, seed, baseline=baseline, level=level, power=power)
    return DesignCard(
        truth=outlook.truth,
        controls=controls,
        baseline=baseline,
        level=level,
        power=power,
        arms=_arm_table(outlook),
        table=table,
        n_replicates=n_replicates,
        seed=seed,
        verdicts=judge_design(_reach(outlook, table, level, power), historical=controls == "historical"),
        notes=_notes(outlook, table),
    )


def _check(controls: Controls | None, baseline: str, n_replicates: int) -> Controls:
    if controls is None:
        raise SpecError(
            "Say what the controls are, controls='randomised' or controls='historical': what a difference can show "
            "depends on it."
        )
    if controls not in ("randomised", "historical"):
        raise SpecError(f"controls is 'randomised' or 'historical', not {shown(controls)}.")
    if baseline == "shared" and controls == "historical":
        raise SpecError("A shared baseline is right only for randomised arms; use baseline='separate'.")
    whole = isinstance(n_replicates, int) and not isinstance(n_replicates, bool)
    if not whole or n_replicates < 0 or n_replicates == 1:
        raise SpecError(f"n_replicates is 0 for none, or a whole number from 2 on; not {shown(n_replicates)}.")
    return controls


def _with_effect(
    planned: Outlook,
    truth: Truth,
    effect: float | None,
    *,
    weeks: float | None,
    baseline: Baseline,
    level: float,
    power: float,
) -> Outlook:
    """The outlook of the truth with the effect that the card is of."""
    if len(planned.plan.arms) != 2:
        names = ", ".join(arm.name for arm in planned.plan.arms)
        raise SpecError(f"A design card compares two arms; there are {names}. Name two in arms.")
    reference, arm = planned.plan.arms
    treated = arm.slope_ratio != reference.slope_ratio or arm.slope_shift != reference.slope_shift
    if effect is None and treated:
        return planned
    if effect is None:
        row = precision_of(planned, baseline=baseline).iloc[0]
        effect = float(row["std_error"]) * detectable_ratio(df=float(row["df"]), level=level, power=power)
    if not np.isfinite(effect):
        raise SpecError(f"The effect is a finite number of points a month, not {shown(effect)}.")
    own = tuple(float(effect) + reference.shift(at) for at in range(len(reference.slope_shift)))
    changed = truth.vary_arm(arm.name, slope_ratio=reference.slope_ratio, slope_shift=own)
    sizes = dict(zip((reference.name, arm.name), planned.plan.sizes, strict=True))
    return look_ahead(changed, arms=sizes, weeks=weeks)


def _by_formula(outlook: Outlook, *, baseline: Baseline, level: float, power: float) -> pd.DataFrame:
    table = precision_of(outlook, baseline=baseline).rename(columns={"std_error": "formula_std_error"})
    df = float(table["df"].iloc[0])
    error = table["formula_std_error"].to_numpy()
    return table.assign(
        formula_detectable=detectable_ratio(df=df, level=level, power=power) * error,
        formula_power=power_for(table["effect"], error, df=df, level=level),
    )


def _by_simulation(
    outlook: Outlook,
    table: pd.DataFrame,
    n_replicates: int,
    seed: int,
    *,
    baseline: Baseline,
    level: float,
    power: float,
) -> pd.DataFrame:
    trials = analyse_trials(outlook, n_replicates=n_replicates, seed=seed, baseline=baseline, level=level)
    found = summarise_trials(trials, dict(zip(table["estimand"], table["effect"], strict=True)))
    ratio = detectable_ratio(df=float(table["df"].iloc[0]), level=level, power=power)
    simulated = pd.DataFrame(
        {
            "estimand": found["estimand"],
            "simulated_std_error": found["empirical_se"],
            "simulated_std_error_mcse": found["empirical_se_mcse"],
            "simulated_detectable": ratio * found["empirical_se"],
            "simulated_detectable_mcse": ratio * found["empirical_se_mcse"],
            "simulated_power": found["power"],
            "simulated_power_mcse": found["power_mcse"],
            "coverage": found["coverage"],
            "coverage_mcse": found["coverage_mcse"],
            "failed": found["failed"],
        }
    )
    return table.merge(simulated, on="estimand", validate="one_to_one")


def _arm_table(outlook: Outlook) -> pd.DataFrame:
    shares, calendar = outlook.shares(), outlook.plan.calendar
    rows = []
    for number, (arm, n) in enumerate(zip(outlook.plan.arms, outlook.plan.sizes, strict=True)):
        weeks = ", ".join(f"{week:g}" for week in calendar.weeks[number][calendar.planned[number]])
        lost = {kind: n * share for kind, share in shares[arm.name].items()}
        rows.append({"arm": arm.name, "n": n, **lost, "visits in weeks": weeks})
    return pd.DataFrame(rows)


def _reach(outlook: Outlook, table: pd.DataFrame, level: float, power: float) -> Reach:
    first, reference = table.iloc[0], outlook.plan.arms[0]
    slopes = outlook.truth.slopes().set_index(["arm", "phase"])["mean"]
    drift = outlook.plan.arms[1].drift - reference.drift
    return Reach(
        std_error=float(first["formula_std_error"]),
        df=float(first["df"]),
        decline=float(slopes[reference.name, 1]),
        drift=float(drift * outlook.truth.decline.slopes[0].mean),
        level=level,
        power=power,
        deaths=outlook.truth.death is not None,
    )


def _notes(outlook: Outlook, table: pd.DataFrame) -> tuple[str, ...]:
    notes = [
        "The formulas take the variances as known and the scores as Gaussian; skewness, floor and ceiling are in the "
        "simulation alone; ± is its Monte Carlo error. Expected deaths and dropouts are from 2,000 simulated subjects "
        "in each arm.",
        "The MMRM is simulated with the covariance of the truth, so its row leaves out what estimating one costs.",
    ]
    failed = int(table["failed"].max()) if "failed" in table else 0
    if failed:
        notes.append(f"{failed} simulated trials found no optimum; they count as not significant.")
    if outlook.truth.note:
        notes.append(f"The truth: {outlook.truth.note}")
    return tuple(notes)


def _wrapped(sentence: str) -> str:
    return textwrap.fill(sentence, width=_WIDTH, initial_indent="- ", subsequent_indent="  ")
