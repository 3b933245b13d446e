"""What is measured: its unit, its bounds, which way is better, its scale and its limits of quantification."""

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from types import MappingProxyType
from typing import Any, Literal, final, get_args

from alsmodels.errors import DataError, shown

__all__ = ["KNOWN_OUTCOMES", "Direction", "Outcome", "Scale", "is_alsfrs_r", "known_outcome"]

Direction = Literal["higher is better", "lower is better"]
Scale = Literal["identity", "log"]

_RESERVED = frozenset({"subject", "week", "arm"})
_NUMBERS = ("lower", "upper", "lloq", "uloq")


@final
@dataclass(frozen=True, slots=True)
class Outcome:
    """A measured outcome and what is known about its values.

    Parameters
    ----------
    name : str
        The column that holds it.
    label : str, optional
        The name of the outcome in tables and figures; by default `name`.
    unit : str, optional
        The unit of its values, such as "pg/mL".
    lower, upper : float, optional
        The bounds that no value may cross.
    direction : {"higher is better", "lower is better"}, optional
        The direction of improvement, if there is one.
    scale : {"identity", "log"}, default "identity"
        The scale of the analysis; "log" if the outcome is to be analysed as its logarithm, and its values must then be
        positive.
    lloq, uloq : float, optional
        The limits of quantification: a value beyond one is kept at the limit and marked as censored.
    measures : str, optional
        The known outcome that the column holds under another name, such as "alsfrs_r". What is not said of the outcome,
        and its checks and priors, are then those of the known one. `Outcome.alsfrs_r` makes such an outcome.

    Examples
    --------
    >>> Outcome("nfl", unit="pg/mL", scale="log", lloq=0.5).title
    'nfl (pg/mL)'
    """

    name: str
    label: str | None = None
    unit: str | None = None
    lower: float | None = None
    upper: float | None = None
    direction: Direction | None = None
    scale: Scale = "identity"
    lloq: float | None = None
    uloq: float | None = None
    measures: str | None = None

    def __post_init__(self) -> None:
        _check_texts(self)
        if self.measures is not None:
            _take_known(self)
        for field in _NUMBERS:
            object.__setattr__(self, field, _number(self, field))
        _check_order(self, "lower", "upper")
        _check_order(self, "lloq", "uloq")
        _check_log(self)

    @staticmethod
    def alsfrs_r(name: str, *, label: str | None = None) -> "Outcome":
        """Return the ALSFRS-R total that stands in a column of any name.

        Examples
        --------
        >>> total = Outcome.alsfrs_r("TOTAL")
        >>> total.upper, total.title
        (48.0, 'ALSFRS-R total (points)')
        """
        return Outcome(name, label=label, measures="alsfrs_r")

    @property
    def is_alsfrs_r(self) -> bool:
        """Whether it is the total of the revised scale, as it says itself or else by its name."""
        return is_alsfrs_r(self.name) if self.measures is None else self.measures == "alsfrs_r"

    @property
    def known_as(self) -> str:
        """The known outcome that it is, such as "alsfrs_r"; else its name."""
        return "alsfrs_r" if self.is_alsfrs_r else self.measures or self.name

    @property
    def title(self) -> str:
        """The label, with the unit if there is one."""
        label = self.label or self.name
        told = self.unit and label.endswith((f"[{self.unit}]", f"({self.unit})"))
        return f"{label} ({self.unit})" if self.unit and not told else label

    @property
    def declines(self) -> bool:
        """Whether it falls as the disease goes on, as far as its direction says."""
        return self.direction == "higher is better"

    @property
    def rises(self) -> bool:
        """Whether it rises as the disease goes on, as far as its direction says."""
        return self.direction == "lower is better"

    @property
    def censored_column(self) -> str:
        """The companion column that marks censored values: "left", "right" or "none"."""
        return f"{self.name}_censored"

    def to_dict(self) -> dict[str, Any]:
        """Return the outcome as a dictionary that JSON can hold."""
        return asdict(self)

    @staticmethod
    def from_dict(record: Mapping[str, Any]) -> "Outcome":
        """Build an outcome from what `to_dict` gave.

        Examples
        --------
        >>> outcome = known_outcome("alsfrs_r")
        >>> Outcome.from_dict(outcome.to_dict()) == outcome
        True
        """
        if not isinstance(record, Mapping) or not set(record) <= set(Outcome.__slots__):
            raise DataError("Outcome: the record does not hold exactly the fields of Outcome.")
        try:
            return Outcome(**record)
        except TypeError as reason:
            raise DataError("Outcome: the record has no name.") from reason


def _check_texts(outcome: Outcome) -> None:
    name = outcome.name
    if not (isinstance(name, str) and name.strip()):
        raise DataError(f"Outcome: the name must be the name of a column, not {shown(name)}.")
    if name in _RESERVED or name.endswith("_censored"):
        raise DataError(f"Outcome {shown(name)}: this name is kept for the cohort's own columns; rename the column.")
    for field in ("label", "unit"):
        value = getattr(outcome, field)
        if value is not None and not isinstance(value, str):
            raise DataError(f"Outcome {shown(name)}: {field} must be text, not {shown(value)}.")
    _check_choice(outcome, "direction", (None, *get_args(Direction)))
    _check_choice(outcome, "scale", get_args(Scale))


def _take_known(outcome: Outcome) -> None:
    """Fill what is not said of an outcome from the known one that it measures."""
    known = KNOWN_OUTCOMES.get(outcome.measures or "")
    if known is None:
        listed = ", ".join(repr(name) for name in KNOWN_OUTCOMES)
        raise DataError(
            f"Outcome {shown(outcome.name)}: measures is {shown(outcome.measures)}; it must be one of {listed}."
        )
    for field in ("label", "unit", "lower", "upper", "direction"):
        if getattr(outcome, field) is None:
            object.__setattr__(outcome, field, getattr(known, field))


def _check_choice(outcome: Outcome, field: str, choices: tuple[str | None, ...]) -> None:
    value = getattr(outcome, field)
    if value not in choices:
        listed = ", ".join(repr(choice) for choice in choices)
        raise DataError(f"Outcome {shown(outcome.name)}: {field} is {shown(value)}; it must be one of {listed}.")


def _number(outcome: Outcome, field: str) -> float | None:
    value = getattr(outcome, field)
    if value is None:
        return None
    try:
        number = math.nan if isinstance(value, (bool, str)) else float(value)
    except (TypeError, ValueError, OverflowError):
        number = math.nan
    if not math.isfinite(number):
        raise DataError(f"Outcome {shown(outcome.name)}: {field} must be a finite number, not {shown(value)}.")
    return number


def _check_order(outcome: Outcome, low: str, high: str) -> None:
    bottom, top = getattr(outcome, low), getattr(outcome, high)
    if bottom is not None and top is not None and bottom >= top:
        raise DataError(f"Outcome {shown(outcome.name)}: {low} {bottom:g} is not below {high} {top:g}.")


def _check_log(outcome: Outcome) -> None:
    if outcome.scale == "log" and outcome.lloq is not None and outcome.lloq <= 0:
        raise DataError(f"Outcome {shown(outcome.name)}: on the log scale the lloq must be above 0.")


def _points(name: str, label: str, upper: float) -> Outcome:
    return Outcome(name, label=label, unit="points", lower=0, upper=upper, direction="higher is better")


KNOWN_OUTCOMES: Mapping[str, Outcome] = MappingProxyType(
    {
        outcome.name: outcome
        for outcome in (
            _points("alsfrs_r", "ALSFRS-R total", 48),
            _points("bulbar", "ALSFRS-R bulbar", 12),
            _points("fine_motor", "ALSFRS-R fine motor", 12),
            _points("gross_motor", "ALSFRS-R gross motor", 12),
            _points("respiratory", "ALSFRS-R respiratory", 12),
            _points("alsfrs", "ALSFRS total (10 items)", 40),
        )
    }
)
"""The outcomes known by name: the ALSFRS-R, its four domains, and the older ALSFRS."""


# Other spellings of the revised scale's total, without anything but letters. The older scale has no others: what people
# call "ALSFRS total" may be either.
_SPELLINGS = frozenset({"alsfrsr", "alsfrsrtotal", "alsfrsrtotalscore", "alsfrsrscore", "totalalsfrsr"})


def is_alsfrs_r(name: str) -> bool:
    """Whether a column is, by its name, the total of the revised scale.

    Examples
    --------
    >>> is_alsfrs_r("alsfrs_r"), is_alsfrs_r("ALSFRS-R total"), is_alsfrs_r("ALSFRS_Total")
    (True, True, False)
    """
    return "".join(sign for sign in name.casefold() if sign.isalpha()) in _SPELLINGS


def known_outcome(name: str) -> Outcome | None:
    """Return the outcome known by this name, or None.

    Examples
    --------
    >>> known_outcome("alsfrs_r").upper, known_outcome("ALSFRS-R").upper
    (48.0, 48.0)
    >>> known_outcome("fibrinogen") is None
    True
    """
    known = KNOWN_OUTCOMES.get("alsfrs_r" if is_alsfrs_r(name) else name)
    return None if known is None else replace(known, name=name)
