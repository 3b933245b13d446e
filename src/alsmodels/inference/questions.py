"""Questions as plain values that JSON and TOML can hold, and back."""

from collections.abc import Mapping
from dataclasses import MISSING, fields
from typing import Any, Final

from alsmodels.errors import SpecError
from alsmodels.model.estimand import Change, Difference, Estimand, Slope, SlopeDifference, Slowing
from alsmodels.model.timescale import WEEKS_PER_UNIT
from alsmodels.model.transforms import MAX_KNOTS

__all__ = ["question_record", "read_question"]

_KINDS: Final[Mapping[str, type[Any]]] = {
    "slope": Slope,
    "slope_difference": SlopeDifference,
    "change": Change,
    "difference": Difference,
    "slowing": Slowing,
}
_PHASE_ONE: Final = {"phase": 1, "arm": None}
# What goes without saying, so that records are those of before these fields were there.
_SILENT: Final[Mapping[tuple[str, str], object]] = {("change", "phase"): 2, ("difference", "told_in"): "week"}


def question_record(question: Estimand) -> dict[str, Any]:
    """A question with its kind.

    Raises
    ------
    SpecError
        If it is of a kind that is not kept.

    Examples
    --------
    >>> from alsmodels.model.estimand import slowing
    >>> question_record(slowing("treated", "control"))
    {'ask': 'slowing', 'arm': 'treated', 'reference': 'control', 'phase': 1}
    """
    for kind, made in _KINDS.items():
        if isinstance(question, made):
            values = {one.name: getattr(question, one.name) for one in fields(made)}
            said = {name: value for name, value in values.items() if _SILENT.get((kind, name), MISSING) != value}
            return {"ask": kind, **said}
    raise SpecError(f"A study asks for {', '.join(_KINDS)}; not {question!r}.")


def read_question(record: object, *, where: str) -> Estimand:
    """Read what `question_record` gave; a phase that is left out is the first.

    Raises
    ------
    SpecError
        If the kind or a field is unknown, missing, or of another type.
    """
    if not isinstance(record, Mapping) or not isinstance(record.get("ask"), str) or record["ask"] not in _KINDS:
        raise SpecError(f"{where} is a record with 'ask', one of {', '.join(_KINDS)}; not {record!r}.")
    kind = _KINDS[record["ask"]]
    known = [one.name for one in fields(kind)]
    given = {str(name): value for name, value in record.items() if name != "ask"}
    strange = [name for name in given if name not in known]
    if strange:
        raise SpecError(f"{where} has no field {strange[0]!r}; {record['ask']} has {', '.join(known)}.")
    optional = [one.name for one in fields(kind) if one.default is not MISSING]
    whole = {**{name: value for name, value in _PHASE_ONE.items() if name in known and name not in optional}, **given}
    for name in known:
        if name not in whole and name not in optional:
            raise SpecError(f"{where} lacks the field {name!r}.")
    for name, value in whole.items():
        _check(name, value, f"{where}.{name}")
    made: Estimand = kind(**whole)
    return made


def _check(name: str, value: object, where: str) -> None:
    number = isinstance(value, (int, float)) and not isinstance(value, bool)
    holds, words = {
        "phase": (number and value in range(1, MAX_KNOTS + 2), "the number of a phase, such as 1 or 2"),
        "week": (number, "a number"),
        "told_in": (
            value in WEEKS_PER_UNIT if isinstance(value, str) else False,
            f"one of {', '.join(WEEKS_PER_UNIT)}",
        ),
    }.get(name, (value is None or isinstance(value, str), "text"))
    if not holds:
        raise SpecError(f"{where} is {words}, not {value!r}.")
