"""The truth that cohorts are simulated from: every number of the generating model, each with its source."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, final

import numpy as np
import pandas as pd

from alsmodels.data.outcomes import Outcome
from alsmodels.data.spelling import suggest
from alsmodels.data.texts import without_mark
from alsmodels.errors import SpecError, shown
from alsmodels.kernels.arrays import Float
from alsmodels.simulation.arms import Arm
from alsmodels.simulation.codec import from_record, list_numbers, to_record
from alsmodels.simulation.copula import factor_of, score_correlation
from alsmodels.simulation.decline import Decline
from alsmodels.simulation.dropout import Death, Withdrawal
from alsmodels.simulation.items import ITEM_COLUMNS, Items
from alsmodels.simulation.markers import Marker
from alsmodels.simulation.numbers import check_name
from alsmodels.simulation.people import Correlation, Covariate, Group
from alsmodels.simulation.scatter import Residual, ScoreScale
from alsmodels.simulation.schedule import Schedule

__all__ = ["ONSET", "Truth", "score_factor", "suggest"]

ONSET = "months_since_onset"
"""The covariate from which, with the first total, delta-FRS is calculated."""

_WHOLE = ScoreScale()
_OWN_COLUMNS = ("subject", "week", "arm", "replicate", "alsfrs_r", "delta_frs", *ITEM_COLUMNS)


@final
@dataclass(frozen=True, slots=True, repr=False)
class Truth:
    """The generating model of a cohort.

    Ready ones are in `alsmodels.truths`. Change one with ``dataclasses.replace``, or an arm of it with `vary_arm`; a
    number that is given without a source is called "given" in the table.

    Parameters
    ----------
    name : str
        The name of the truth in the results.
    arms : sequence of Arm
        The arms, the reference first.
    decline : Decline
        The distribution of baselines and slopes of untreated subjects.
    residual : Residual
        The scatter about the trajectories.
    schedule : Schedule
        The visits of arms that have no schedule of their own.
    scale : ScoreScale, optional
        The values that the score can take.
    death : Death, optional
        The hazard of death; None if nobody dies.
    withdrawal : Withdrawal, optional
        The hazard of withdrawal; None if nobody leaves.
    covariates : sequence of Covariate, default ()
        The covariates that are known at baseline.
    groups : sequence of Group, default ()
        The groups of subjects that are known at baseline.
    markers : sequence of Marker, default ()
        The markers that are measured in blood.
    correlations : sequence of Correlation, default ()
        The correlations between traits of subjects.
    items : Items, optional
        The model by which totals are made up of the twelve items; None gives totals alone.
    note : str, default ""
        A description of the truth in words.

    Raises
    ------
    SpecError
        If parts contradict each other: names that are not known or used twice, correlations that no variables can have
        together, more ratios than phases, items of scores that are no whole numbers from 0 to 48.
    """

    name: str
    arms: tuple[Arm, ...] = field(metadata={"label": "arm"})
    decline: Decline
    residual: Residual
    schedule: Schedule
    scale: ScoreScale = _WHOLE
    death: Death | None = None
    withdrawal: Withdrawal | None = None
    covariates: tuple[Covariate, ...] = field(default=(), metadata={"label": "covariate"})
    groups: tuple[Group, ...] = field(default=(), metadata={"label": "group"})
    markers: tuple[Marker, ...] = field(default=(), metadata={"label": "marker"})
    correlations: tuple[Correlation, ...] = field(default=(), metadata={"label": "correlation"})
    items: Items | None = None
    note: str = ""

    def __post_init__(self) -> None:
        check_name("Truth", self.name)
        for name in ("arms", "covariates", "groups", "markers", "correlations"):
            object.__setattr__(self, name, tuple(getattr(self, name)))
        _check_arms(self)
        _check_names(self)
        _check_items(self)
        score_factor(self)

    @property
    def traits(self) -> tuple[str, ...]:
        """What correlations can be of: baseline, slopes, covariates, levels of markers."""
        slopes = [f"slope {phase}" for phase in range(1, self.decline.n_phases + 1)]
        return ("baseline", *slopes, *(one.name for one in self.covariates), *(one.name for one in self.markers))

    @property
    def sizes(self) -> dict[str, int]:
        """Subjects of each arm."""
        return {arm.name: arm.n for arm in self.arms}

    @property
    def outcomes(self) -> tuple[Outcome, ...]:
        """What a cohort is told of its outcomes."""
        return (self.scale.outcome, *(marker.outcome for marker in self.markers))

    def slopes(self) -> pd.DataFrame:
        """The true slopes: arm, phase, mean, SD among subjects, and difference to the first arm, in points a month.

        They are of the trajectories. Where scores have a floor and a ceiling, and where subjects die or leave for
        reasons that go with their decline, means of observed scores fall otherwise.
        """
        rows = [
            {"arm": arm.name, "phase": phase + 1, **_slope(self.decline, arm, phase)}
            for phase in range(self.decline.n_phases)
            for arm in self.arms
        ]
        table = pd.DataFrame(rows)
        reference = table.groupby("phase")["mean"].transform("first")
        return table.assign(difference=table["mean"] - reference)

    def vary_arm(self, name: str, **changes: Any) -> "Truth":
        """The same truth with an arm changed.

        Parameters
        ----------
        name : str
            The name of the arm to change.
        changes : str, float or mapping of str to float
            New values of the fields of `Arm`, such as ``slope_ratio=0.7``.

        Returns
        -------
        Truth
            The truth with the changed arm.

        Examples
        --------
        >>> from alsmodels.simulation import truths
        >>> treated = truths.gaussian().vary_arm("treated", slope_shift=0.3)
        >>> treated.slopes()["difference"].round(2).tolist()
        [0.0, 0.3, 0.0, 0.3]
        """
        if name not in self.sizes:
            raise SpecError(f"There is no arm {shown(name)}; {suggest(name, list(self.sizes))}")
        strange = [key for key in changes if key not in Arm.__slots__]
        if strange:
            raise SpecError(f"An arm has no {shown(strange[0])}; {suggest(strange[0], list(Arm.__slots__))}")
        return replace(self, arms=tuple(replace(arm, **changes) if arm.name == name else arm for arm in self.arms))

    def table(self) -> pd.DataFrame:
        """A row for each number: part, quantity, value, unit, source."""
        return pd.DataFrame(list(list_numbers(self)), columns=["part", "quantity", "value", "unit", "source"])

    def to_dict(self) -> dict[str, Any]:
        """As values that JSON can hold, sources and all."""
        record: dict[str, Any] = to_record(self)
        return record

    @staticmethod
    def from_dict(record: Mapping[str, Any]) -> "Truth":
        """Read what `to_dict` gave; fields that are left out have their defaults, numbers may be given without source.

        Examples
        --------
        >>> from alsmodels.simulation import truths
        >>> truth = truths.healey_like()
        >>> Truth.from_dict(truth.to_dict()) == truth
        True
        """
        return from_record(Truth, record, where="The truth")

    def to_json(self) -> str:
        """As JSON."""
        return json.dumps(self.to_dict(), indent=2, ensure_ascii=False)

    @staticmethod
    def from_json(text: str) -> "Truth":
        """Read what `to_json` gave."""
        try:
            record = json.loads(without_mark(text))
        except (ValueError, TypeError, RecursionError) as error:
            raise SpecError(f"The truth is no JSON: {error}.") from error
        return Truth.from_dict(record)

    def __repr__(self) -> str:
        arms = ", ".join(f"{name} {n}" for name, n in self.sizes.items())
        return f"Truth {self.name!r}: {arms}\n{self.table().to_string(index=False)}"

    def _repr_html_(self) -> str:
        return str(self.table().to_html(index=False, border=0, classes="alsmodels-results"))


def score_factor(truth: Truth) -> Float:
    """Cholesky factor, shape (k, k), of the correlations of the normal scores of all traits, in their order."""
    names = truth.traits
    shapes: dict[str, float | None] = dict.fromkeys(names)
    shapes |= {f"slope {at}": slope.gamma_shape for at, slope in enumerate(truth.decline.slopes, 1)}
    matrix = np.eye(len(names))
    for pair in truth.correlations:
        row, col = names.index(pair.first), names.index(pair.second)
        matrix[row, col] = matrix[col, row] = score_correlation(pair.value, shapes[pair.first], shapes[pair.second])
    return factor_of(matrix)


def _slope(decline: Decline, arm: Arm, phase: int) -> dict[str, float]:
    slope, factor = decline.slopes[phase], arm.drift * arm.ratio(phase)
    return {"mean": factor * slope.mean + arm.shift(phase), "sd": abs(factor) * slope.sd}


def _check_arms(truth: Truth) -> None:
    if not truth.arms:
        raise SpecError("Truth: there is no arm; give one at least.")
    _refuse_twice("arm", [arm.name for arm in truth.arms])
    covariates, markers = [one.name for one in truth.covariates], [one.name for one in truth.markers]
    for arm in truth.arms:
        for name in ("slope_ratio", "slope_shift"):
            if len(getattr(arm, name)) > truth.decline.n_phases:
                raise SpecError(f"Arm {shown(arm.name)}: {name} has two numbers, but the decline has one phase.")
        _refuse_unknown(f"Arm {arm.name!r}: covariate", [one.covariate for one in arm.shifts], covariates)
        _refuse_unknown(f"Arm {arm.name!r}: marker", [one.marker for one in arm.marker_effects], markers)
        _refuse_twice(f"shift of arm {arm.name!r} on", [one.covariate for one in arm.shifts])
        _refuse_twice(f"effect of arm {arm.name!r} on", [one.marker for one in arm.marker_effects])


def _check_names(truth: Truth) -> None:
    columns = [one.name for part in (truth.covariates, truth.groups, truth.markers) for one in part]
    _refuse_twice("column", columns)
    taken = [name for name in columns if name in _OWN_COLUMNS]
    if taken:
        raise SpecError(f"Truth: the column {shown(taken[0])} is made by the simulator itself; choose another name.")
    if any(one.name == ONSET and (one.lower is None or one.lower <= 0) for one in truth.covariates):
        raise SpecError(f"Covariate {shown(ONSET)}: delta-FRS divides by it, so give it a lower limit above 0.")
    for pair in truth.correlations:
        _refuse_unknown("Correlation: trait", [pair.first, pair.second], truth.traits)
    _refuse_twice("correlation of", [" and ".join(sorted((one.first, one.second))) for one in truth.correlations])


def _check_items(truth: Truth) -> None:
    items, scale = truth.items, truth.scale
    if items is None:
        return
    if not scale.whole or (scale.lower, scale.upper) != (0, 48):
        raise SpecError("Items: only whole scores between 0 and 48 are sums of items; change the scale.")
    if items.bulbar_group is not None:
        _refuse_unknown("Items: group", [items.bulbar_group], [one.name for one in truth.groups])


def _refuse_twice(what: str, names: Sequence[str]) -> None:
    twice = [name for name, count in Counter(names).items() if count > 1]
    if twice:
        raise SpecError(f"Truth: the {what} {shown(twice[0])} is there twice; name each once.")


def _refuse_unknown(what: str, names: Sequence[str], there: Sequence[str]) -> None:
    for name in names:
        if name not in there:
            raise SpecError(f"{what} {shown(name)} is not in the truth; {suggest(name, there)}")
