"""What questions are asked with: phases, weeks or months, subgroups; checked, and as values."""

import operator
from collections.abc import Mapping, Sequence
from typing import TypeAlias

import numpy as np

from alsmodels.data.number_checks import is_finite
from alsmodels.data.roles import TimeUnit
from alsmodels.errors import EstimandError, shown
from alsmodels.model.spec import ModelSpec
from alsmodels.model.timescale import TIME_COLUMNS, WEEKS_PER_MONTH, from_weeks

__all__ = [
    "Held",
    "Stretch",
    "as_held",
    "as_phase",
    "as_stretch",
    "named_phase",
    "say_against",
    "say_held",
    "say_phase",
]

Held: TypeAlias = tuple[tuple[str, str | float], ...]
"""Covariates and the values at which everybody is held."""
Stretch: TypeAlias = tuple[float, float]
"""First and last week."""


def as_phase(phase: object) -> int | None:
    """The number of a phase, or None for the first or only one."""
    if phase is None:
        return None
    if isinstance(phase, (bool, np.bool_)) or not hasattr(phase, "__index__"):
        hint = f": phase={phase.strip()}" if isinstance(phase, str) and phase.strip().isdigit() else ", such as phase=1"
        raise EstimandError(f"A phase is a whole number, counted from 1{hint}; not {shown(phase)}.")
    return operator.index(phase)


def as_stretch(weeks: object, months: object) -> tuple[Stretch | None, TimeUnit]:
    """First and last week, and the unit they were asked in; None if neither is given."""
    if weeks is not None and months is not None:
        raise EstimandError("A slope is over weeks= or over months=, one of them.")
    if months is not None:
        first, last = _pair("months", months)
        return (first * WEEKS_PER_MONTH, last * WEEKS_PER_MONTH), "month"
    return (None if weeks is None else _pair("weeks", weeks)), "week"


def as_held(at: object) -> Held:
    """Covariates and values, in the order of their names."""
    if at is None:
        return ()
    if not isinstance(at, Mapping):
        raise EstimandError(f"at is a mapping of covariates to values, such as {{'onset': 'bulbar'}}; not {shown(at)}.")
    for name, value in at.items():
        if not isinstance(name, str) or name in ("arm", "subject") or name in TIME_COLUMNS:
            raise EstimandError(f"at holds covariates; {shown(name)} is none. Arms and weeks are asked for by name.")
        if not (isinstance(value, (str, bool, np.bool_)) or is_finite(value)):
            raise EstimandError(f"at holds '{name}' at a level or a finite number; not at {shown(value)}.")
    return tuple((name, at[name]) for name in sorted(at))


def named_phase(phase: int | None, weeks: Stretch | None, spec: ModelSpec) -> int | None:
    """The phase as a model puts it: None where it has one phase only, or weeks are given; else the first by default."""
    if weeks is not None:
        return None
    if spec.timescale.n_phases == 1:
        return None if phase == 1 else phase
    return 1 if phase is None else phase


def say_phase(phase: int | None, weeks: Stretch | None, told_in: TimeUnit) -> str:
    """As in ``, phase 1`` or ``, weeks 0 to 48``; empty of a model's only phase."""
    if weeks is not None:
        first, last = (float(one) for one in from_weeks(np.array(weeks), told_in))
        return f", {told_in}s {first:g} to {last:g}"
    return "" if phase is None else f", phase {phase}"


def say_against(arm: str | None, reference: str | None, sign: str) -> str:
    """As in ``, anakinra - control``; empty without arms."""
    if arm is None:
        return ""
    return f", {arm}" if reference is None else f", {arm} {sign} {reference}"


def say_held(at: Held) -> str:
    """As in ``, onset bulbar``."""
    return "".join(f", {name} {value:g}" if is_finite(value) else f", {name} {value}" for name, value in at)


def _number(name: str, value: object) -> float:
    if not is_finite(value):
        raise EstimandError(f"A {name} is a finite number; not {shown(value)}.")
    return float(value)


def _pair(name: str, value: object) -> Stretch:
    if not isinstance(value, Sequence) or isinstance(value, str) or len(value) != 2:
        raise EstimandError(f"{name} are the first and the last, such as {name}=(0, 12); not {shown(value)}.")
    first, last = (_number(name.removesuffix("s"), one) for one in value)
    if not first < last:
        raise EstimandError(f"{name} are the first and the last in this order; not {shown(value)}.")
    return first, last
