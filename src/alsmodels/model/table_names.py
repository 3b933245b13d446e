"""Formulas in the names of the table outside: the roles of a cohort know what they are called inside."""

from collections.abc import Iterable, Mapping
from typing import cast

from alsmodels.data.cohort import Cohort
from alsmodels.data.roles import TimeUnit
from alsmodels.errors import DesignError, FormulaError
from alsmodels.model.backticks import name_bare
from alsmodels.model.formula import read_formula
from alsmodels.model.spec import ModelSpec
from alsmodels.model.timescale import WEEKS_PER_UNIT

__all__ = ["own_names", "read_model"]


def read_model(model: ModelSpec | str, data: object) -> ModelSpec:
    """The specification of a formula; its names may be those of the table that a cohort was made of.

    The time outside is time in the unit that the roles gave it, so that a column of days is ``day`` in the formula.

    Raises
    ------
    DesignError
        If the formula has a name that is one unit of time outside, and another inside.
    """
    if isinstance(model, ModelSpec):
        return model
    names = own_names(data) if isinstance(data, Cohort) and isinstance(model, str) else {}
    there = _columns_of(data)
    bare = name_bare(model, there) if isinstance(model, str) else ""
    try:
        spec = ModelSpec(str(read_formula(model, tuple(names.items())))) if names else ModelSpec(model)
    except FormulaError as refusal:
        if not bare:
            raise
        msg = f"{bare} {refusal}"
        raise FormulaError(msg) from None
    lacking = [name for name in spec.columns if name not in there and name not in WEEKS_PER_UNIT]
    if bare and lacking:
        msg = f"The data have no column '{lacking[0]}'. {bare}"
        raise DesignError(msg)
    return spec


def _columns_of(data: object) -> tuple[str, ...]:
    """The names of a cohort's or a table's columns; of a pyarrow table too."""
    if isinstance(data, Cohort):
        return tuple(dict.fromkeys([*data.visits.columns, *data.subjects.columns]))
    found = getattr(data, "column_names", getattr(data, "columns", ()))
    return tuple(name for name in found if isinstance(name, str)) if isinstance(found, Iterable) else ()


def own_names(cohort: Cohort) -> Mapping[str, str]:
    """The names outside a cohort that have another inside, and that other one."""
    there = {*cohort.subjects.columns, *cohort.visits.columns}
    unit = cohort.roles.time_unit if cohort.roles.time_unit in WEEKS_PER_UNIT else "week"
    inside = {outside: own for own, outside in cohort.roles.columns.items() if outside not in there}
    if cohort.roles.time in inside:
        inside[cohort.roles.time] = _time_inside(cohort.roles.time, cast("TimeUnit", unit))
    return {outside: own for outside, own in inside.items() if outside != own}


def _time_inside(outside: str, unit: TimeUnit) -> str:
    if outside in WEEKS_PER_UNIT and outside != unit:
        msg = (
            f"The time column '{outside}' was read in {unit}s, and '{outside}' in a formula is time in {outside}s. "
            f"Say Roles(..., time_unit='{outside}') if it is; else write '{unit}' in a specification, ModelSpec(...)."
        )
        raise DesignError(msg)
    return unit
