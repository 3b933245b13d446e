"""Questions as plain values that JSON and TOML can hold, and back."""

from collections.abc import Mapping
from dataclasses import MISSING, fields
from typing import Any, Final

from alsmodels.errors import EstimandError, SpecError, shown
from alsmodels.model.asking import as_held, as_stretch
from alsmodels.model.combinations import Combination, contrast
from alsmodels.model.estimand import Estimand
from alsmodels.model.means import ChangeFromBaseline, Difference, Mean
from alsmodels.model.slopes import Change, Slope, SlopeDifference, Slowing
from alsmodels.model.timescale import WEEKS_PER_UNIT, asked_unit, asked_week
from alsmodels.model.transforms import MAX_KNOTS

__all__ = ["question_record", "read_question"]

_KINDS: Final[Mapping[str, type[Any]]] = {
    "slope": Slope,
    "slope_difference": SlopeDifference,
    "change": Change,
    "slowing": Slowing,
    "mean": Mean,
    "difference": Difference,
    "change_from_baseline": ChangeFromBaseline,
    "contrast": Combination,
}
# What goes without saying, so that records are those of before these fields were there.
_SILENT: Final[Mapping[str, object]] = {"told_in": "week", "weeks": None, "at": (), "title": None, "per": None}
# Other ways to name a time, by the field that it fills.
_TIMES: Final[Mapping[str, tuple[str, ...]]] = {"week": ("month", "day"), "weeks": ("months",)}


def question_record(question: Estimand) -> dict[str, Any]:
    """A question with its kind.

    Raises
    ------
    SpecError
        If it is of a kind that is not kept.

    Examples
    --------
    >>> from alsmodels.model.slopes import slowing
    >>> question_record(slowing("treated", "control"))
    {'ask': 'slowing', 'arm': 'treated', 'reference': 'control', 'phase': None}
    """
    for kind, made in _KINDS.items():
        if isinstance(question, made):
            values = {one.name: getattr(question, one.name) for one in fields(made) if one.name != "terms"}
            if isinstance(question, Combination):
                values["parts"] = [_part(part, weight) for part, weight in question.parts]
            said = {name: _plain(value) for name, value in values.items() if _is_said(kind, name, value)}
            return {"ask": kind, **said}
    raise SpecError(f"A study asks for {', '.join(_KINDS)}; not {shown(question)}.")


def read_question(record: object, *, where: str) -> Estimand:
    """Read what `question_record` gave; a phase that is left out is the first, or the only one.

    Raises
    ------
    SpecError
        If the kind or a field is unknown, missing, or of another type.
    """
    if not isinstance(record, Mapping) or not isinstance(record.get("ask"), str) or record["ask"] not in _KINDS:
        raise SpecError(f"{where} is a record with 'ask', one of {', '.join(_KINDS)}; not {shown(record)}.")
    kind = _KINDS[record["ask"]]
    given = {str(name): value for name, value in record.items() if name != "ask"}
    if kind is Combination:
        return _read_contrast(given, where)
    known = [one.name for one in fields(kind)]
    _check_names(given, [*known, *(other for name in known for other in _TIMES.get(name, ()))], record["ask"], where)
    for name, value in given.items():
        _check(name, value, f"{where}.{name}")
    whole = {**({"arm": None, "reference": None} if kind not in _COMPARISONS else {}), **_in_weeks(given, known, where)}
    for one in fields(kind):
        if one.name not in whole and one.default is MISSING:
            raise SpecError(f"{where} lacks the field {shown(one.name)}.")
    made: Estimand = kind(**{name: value for name, value in whole.items() if name in known})
    return made


_COMPARISONS: Final = (SlopeDifference, Slowing, Difference)


def _in_weeks(given: Mapping[str, Any], known: list[str], where: str) -> dict[str, Any]:
    """The fields of a question, its time in weeks."""
    whole = dict(given)
    times = {unit: whole.pop(unit, None) for unit in ("week", "month", "day")} if "week" in known else {}
    try:
        if times and (times["week"] is None or len({name for name, one in times.items() if one is not None}) > 1):
            whole |= {"week": asked_week(**times), "told_in": asked_unit(week=times["week"], month=times["month"])}
        elif times:
            whole["week"] = float(times["week"])
        if "weeks" in whole or "months" in whole:
            weeks, told_in = as_stretch(whole.pop("weeks", None), whole.pop("months", None))
            whole = {"told_in": told_in, **whole, "weeks": weeks}
        if "at" in whole:
            whole["at"] = as_held(whole["at"])
    except EstimandError as reason:
        raise SpecError(f"{where}: {reason}") from None
    return whole


def _read_contrast(given: Mapping[str, Any], where: str) -> Combination:
    """A sum: a list of parts, each a weight with a term or a question."""
    _check_names(given, ["parts", "title", "per"], "contrast", where)
    parts = given.get("parts")
    if not isinstance(parts, list) or not all(isinstance(one, Mapping) and "weight" in one for one in parts):
        raise SpecError(
            f"{where}.parts is a list of records with 'weight' and 'term' or 'question'; not {shown(parts)}."
        )
    read: dict[Any, float] = {}
    for at, one in enumerate(parts):
        place = f"{where}.parts[{at}]"
        if ("term" in one) == ("question" in one):
            raise SpecError(f"{place} has a 'term' or a 'question', one of them.")
        part = one["term"] if "term" in one else read_question(one["question"], where=f"{place}.question")
        read[part] = one["weight"]
    try:
        return contrast(read, title=given.get("title"), per=given.get("per"))
    except (EstimandError, TypeError) as reason:
        raise SpecError(f"{where}: {reason}") from None


def _check_names(given: Mapping[str, Any], known: list[str], kind: str, where: str) -> None:
    strange = [name for name in given if name not in known]
    if strange:
        raise SpecError(f"{where} has no field {shown(strange[0])}; {kind} has {', '.join(known)}.")


def _is_said(kind: str, name: str, value: object) -> bool:
    """Whether a field says anything that a record without it does not."""
    return not (name in _SILENT and _SILENT[name] == value) and (kind, name, value) != ("change", "phase", 2)


def _plain(value: object) -> object:
    """A field as JSON and TOML have it: covariates as a record, weeks as a list."""
    if not isinstance(value, tuple):
        return value
    return dict(value) if isinstance(value[0], tuple) else list(value)


def _part(part: str | Estimand, weight: float) -> dict[str, Any]:
    return {"weight": weight, **({"term": part} if isinstance(part, str) else {"question": question_record(part)})}


def _check(name: str, value: object, where: str) -> None:
    number = isinstance(value, (int, float)) and not isinstance(value, bool)
    is_phase = value is None or (number and value in range(1, MAX_KNOTS + 2))
    is_pair = value is None or (isinstance(value, (list, tuple)) and len(value) == 2)
    holds, words = {
        "phase": (is_phase, "the number of a phase, such as 1 or 2"),
        **dict.fromkeys(("week", "month", "day"), (number, "a number")),
        **dict.fromkeys(("weeks", "months"), (is_pair, "two numbers, the first and the last")),
        "at": (isinstance(value, Mapping), "a record of covariates and values"),
        "told_in": (isinstance(value, str) and value in WEEKS_PER_UNIT, f"one of {', '.join(WEEKS_PER_UNIT)}"),
    }.get(name, (value is None or isinstance(value, str), "text"))
    if not holds:
        raise SpecError(f"{where} is {words}, not {shown(value)}.")
