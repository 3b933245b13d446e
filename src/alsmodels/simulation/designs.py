"""What a trial decides: how many subjects, seen when, and whether anyone may leave."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, final

from alsmodels.data.number_checks import check_finite
from alsmodels.errors import SpecError, shown
from alsmodels.simulation.arms import Arm
from alsmodels.simulation.codec import from_record, to_record
from alsmodels.simulation.numbers import check_name
from alsmodels.simulation.plan import make_plan
from alsmodels.simulation.schedule import Schedule
from alsmodels.simulation.truth import Truth

__all__ = ["ArmSize", "TrialDesign"]


@final
@dataclass(frozen=True, slots=True)
class ArmSize:
    """Subjects of one arm."""

    arm: str
    n: int


@final
@dataclass(frozen=True, slots=True)
class TrialDesign:
    """Sizes, visits and dropout of a trial; what is not given is as the truth has it.

    Parameters
    ----------
    name : str
        The name of the design in the results.
    arms : mapping of str to int or sequence of ArmSize, optional
        The number of subjects in each arm; arms that are not named are left out. By default the arms are those of the
        truth.
    weeks : sequence of float, optional
        The nominal weeks of the visits of all arms, from 0 upwards.
    jitter_days : float, optional
        The largest number of days by which a visit is early or late.
    missed : float, optional
        The share of the visits after the first that are missed.
    dropout : bool, default True
        Whether subjects die or leave the trial.

    Examples
    --------
    >>> from alsmodels.simulation import truths
    >>> small = TrialDesign("small", arms={"control": 20, "treated": 40}, weeks=(0, 8, 16, 24))
    >>> small.apply(truths.realistic()).sizes
    {'control': 20, 'treated': 40}
    """

    name: str
    arms: tuple[ArmSize, ...] | None = None
    weeks: tuple[float, ...] | None = None
    jitter_days: float | None = None
    missed: float | None = None
    dropout: bool = True

    def __post_init__(self) -> None:
        check_name("Design", self.name)
        object.__setattr__(self, "arms", _as_sizes(self.arms))
        if self.weeks is not None:
            weeks = tuple(self.weeks)
            check_finite(f"Design {self.name!r}", **{f"weeks[{at}]": week for at, week in enumerate(weeks)})
            object.__setattr__(self, "weeks", tuple(float(week) for week in weeks))
        if not isinstance(self.dropout, bool):
            raise SpecError(f"Design {shown(self.name)}: dropout is true or false, not {shown(self.dropout)}.")
        self._change(Schedule((0.0,)))

    @property
    def sizes(self) -> dict[str, int] | None:
        """Subjects of each arm; None where the truth says."""
        return None if self.arms is None else {one.arm: one.n for one in self.arms}

    @property
    def n_subjects(self) -> int | None:
        """Of all arms; None where the truth says."""
        return None if self.arms is None else sum(one.n for one in self.arms)

    def apply(self, truth: Truth) -> Truth:
        """The truth seen under this design.

        Parameters
        ----------
        truth : Truth
            The generating model.

        Returns
        -------
        Truth
            The truth with the sizes, visits and dropout of this design.

        Raises
        ------
        SpecError
            If an arm is not in the truth, or the visits contradict each other.
        """
        sizes = truth.sizes if self.sizes is None else self.sizes
        make_plan(truth, sizes)
        arms = tuple(self._sized(arm, sizes[arm.name]) for arm in truth.arms if arm.name in sizes)
        stays = truth if self.dropout else replace(truth, death=None, withdrawal=None)
        return replace(stays, arms=arms, schedule=self._change(truth.schedule))

    def to_dict(self) -> dict[str, Any]:
        """As values that JSON can hold."""
        record: dict[str, Any] = to_record(self)
        return {**record, "arms": self.sizes}

    @staticmethod
    def from_dict(record: object, *, where: str = "The design") -> "TrialDesign":
        """Read what `to_dict` gave; what is left out is as the truth has it."""
        if not isinstance(record, Mapping):
            raise SpecError(f"{where} is a record of fields, not {shown(record)}.")
        arms = _as_sizes(record.get("arms"))
        listed = None if arms is None else [{"arm": one.arm, "n": one.n} for one in arms]
        return from_record(TrialDesign, {**record, "arms": listed}, where=where)

    def _sized(self, arm: Arm, n: int) -> Arm:
        schedule = None if arm.schedule is None else self._change(arm.schedule)
        return replace(arm, n=int(n), schedule=schedule)

    def _change(self, schedule: Schedule) -> Schedule:
        named = {"weeks": self.weeks, "jitter_days": self.jitter_days, "missed": self.missed}
        given: dict[str, Any] = {name: value for name, value in named.items() if value is not None}
        return replace(schedule, **given) if given else schedule


def _as_sizes(arms: object) -> tuple[ArmSize, ...] | None:
    if arms is None:
        return None
    if isinstance(arms, Mapping):
        return tuple(ArmSize(name, n) for name, n in arms.items())
    if isinstance(arms, (tuple, list)) and all(isinstance(one, ArmSize) for one in arms):
        return tuple(arms)
    raise SpecError(f"Design: arms are names with numbers of subjects, such as {{'control': 60}}; not {shown(arms)}.")
