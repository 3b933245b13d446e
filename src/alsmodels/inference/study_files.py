"""Studies as files: what `Study.to_json` wrote, or TOML written by hand."""

import json
import os
import tomllib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

from alsmodels.data.spelling import suggest
from alsmodels.errors import ReadError, SpecError, shown
from alsmodels.files.reading import read_text
from alsmodels.inference.analyses import ANALYSES
from alsmodels.inference.questions import read_question
from alsmodels.model.spec import ModelSpec, linear_decline, two_phase
from alsmodels.simulation.codec import from_record
from alsmodels.simulation.designs import TrialDesign
from alsmodels.simulation.rules import Rule
from alsmodels.simulation.studies import FORMAT, Analysis, Study
from alsmodels.simulation.truth import Truth
from alsmodels.simulation.truths import PRESETS

__all__ = ["read_study", "study_from_dict"]

_FIELDS: Final = ("format", "n_replicates", "seed", "chunk", "paired", "truths", "designs", "analyses")
_NEEDED: Final = ("n_replicates", "seed", "truths", "designs", "analyses")
_MAKERS: Final[Mapping[str, Callable[..., ModelSpec]]] = {"linear_decline": linear_decline, "two_phase": two_phase}


def read_study(path: str | os.PathLike[str]) -> Study:
    """Read a study from a file.

    Parameters
    ----------
    path : str or Path
        The file to read, which ends in ``.toml`` or ``.json``.

    Returns
    -------
    Study
        The study, to be given to `run_study`.

    Raises
    ------
    ReadError
        If the file is not there, or is no TOML or JSON.
    SpecError
        If a field is unknown, missing or of another type, by its place; or what it says contradicts itself.

    Notes
    -----
    A truth is a table with ``truth``, a ready truth by its name or the path of a JSON file beside the study, and
    ``name``; other fields are given to the ready truth, such as ``ratio = [0.7, 0.7]``. A design has the fields of
    `TrialDesign`. An analysis has ``kind``, "reml" or "importance"; ``formula``, or ``model`` with the fields of
    `two_phase` or `linear_decline`; ``asked``, questions such as
    ``{ask = "slope_difference", arm = "treated", reference = "control", phase = 1}``; ``name``, ``level`` and
    ``rule`` if they are others than the defaults.
    """
    file = Path(path)
    if not file.is_file():
        raise ReadError(f"{file} is {'a folder, not a file' if file.is_dir() else 'not there'}.")
    if file.suffix.lower() not in (".toml", ".json"):
        raise ReadError(f"A study is a file that ends in .toml or .json; not {shown(file.name)}.")
    return study_from_dict(_parse(file), folder=file.parent)


def study_from_dict(record: object, *, folder: Path | None = None) -> Study:
    """Read what `Study.to_dict` gave, or a file has; paths of truths are relative to the folder.

    Raises
    ------
    SpecError
        As `read_study`.
    """
    whole = _record(record, "The study", known=_FIELDS, needed=_NEEDED)
    if whole.get("format", FORMAT) != FORMAT:
        raise SpecError(f"The study has the format {shown(whole['format'])}; this version reads {shown(FORMAT)}.")
    parts = {name: _listed(whole[name], name) for name in ("truths", "designs", "analyses")}
    plain = {name: whole[name] for name in ("n_replicates", "seed", "chunk", "paired") if name in whole}
    return Study(
        truths=tuple(_truth(one, f"truths[{at}]", folder) for at, one in enumerate(parts["truths"])),
        designs=tuple(TrialDesign.from_dict(one, where=f"designs[{at}]") for at, one in enumerate(parts["designs"])),
        analyses=tuple(_analysis(one, f"analyses[{at}]") for at, one in enumerate(parts["analyses"])),
        **plain,
    )


def _parse(file: Path) -> object:
    text = read_text(file, what="a study")
    try:
        return tomllib.loads(text) if file.suffix.lower() == ".toml" else json.loads(text)
    except (ValueError, RecursionError) as reason:
        kind = file.suffix[1:].upper()
        raise ReadError(
            f"{file} cannot be read as {kind}: {str(reason).splitlines()[0].removesuffix('.')}."
        ) from reason


def _truth(record: object, where: str, folder: Path | None) -> Truth:
    """A whole truth, or one by its name or file with changes."""
    if not isinstance(record, Mapping) or "truth" not in record:
        return from_record(Truth, record, where=where)
    called = record["truth"]
    own = {str(name): value for name, value in record.items() if name not in ("truth", "name")}
    if not isinstance(called, str):
        raise SpecError(f"{where}.truth is text, not {shown(called)}.")
    made = _ready(called, own, where) if called in PRESETS else _from_file(called, own, where, folder)
    return made if "name" not in record else _renamed(made, record["name"], where)


def _ready(name: str, own: Mapping[str, Any], where: str) -> Truth:
    given = {key: tuple(value) if isinstance(value, list) else value for key, value in own.items()}
    try:
        return PRESETS[name](**given)
    except TypeError as reason:
        raise SpecError(f"{where}: the truth {shown(name)} cannot be made so: {_first_line(reason)}.") from reason


def _from_file(called: str, own: Mapping[str, Any], where: str, folder: Path | None) -> Truth:
    file = (folder or Path()) / called
    if not file.is_file():
        raise SpecError(
            f"{where}: there is no truth called {shown(called)}, and no such file; {suggest(called, list(PRESETS))}"
        )
    if own:
        raise SpecError(f"{where} has no field {shown(next(iter(own)))}; a truth from a file is as the file has it.")
    return Truth.from_json(read_text(file, what="a truth"))


def _renamed(truth: Truth, name: object, where: str) -> Truth:
    if not isinstance(name, str):
        raise SpecError(f"{where}.name is text, not {shown(name)}.")
    return from_record(Truth, {**truth.to_dict(), "name": name}, where=where)


def _analysis(record: object, where: str) -> Analysis:
    whole = _record(record, where, known=("kind", "formula", "model", "asked", *_OWN), needed=("kind", "asked"))
    kind = whole["kind"]
    if not isinstance(kind, str) or kind not in ANALYSES:
        raise SpecError(f"{where}.kind is one of {', '.join(map(repr, ANALYSES))}; not {shown(kind)}.")
    asked = [read_question(one, where=f"{where}.asked[{at}]") for at, one in enumerate(_listed(whole["asked"], where))]
    given = {name: whole[name] for name in _OWN if name in whole}
    if "rule" in given:
        given["rule"] = from_record(Rule, given["rule"], where=f"{where}.rule")
    try:
        return ANALYSES[kind](_spec(whole, where), asked, **given)
    except TypeError as reason:
        raise SpecError(f"{where}: {_first_line(reason)}.") from reason


_OWN: Final = ("name", "level", "rule", "draws")


def _spec(record: Mapping[str, Any], where: str) -> ModelSpec:
    """By its formula, or by a maker and what it takes."""
    if ("formula" in record) == ("model" in record):
        raise SpecError(f"{where} has either a formula or a model, made by {' or '.join(_MAKERS)}.")
    if "formula" in record:
        return ModelSpec(record["formula"])
    model = record["model"]
    if not isinstance(model, Mapping) or model.get("maker") not in _MAKERS or "outcome" not in model:
        raise SpecError(
            f"{where}.model has 'maker', one of {', '.join(map(repr, _MAKERS))}, and 'outcome'; not {shown(model)}."
        )
    own = {str(name): value for name, value in model.items() if name not in ("maker", "outcome")}
    try:
        return _MAKERS[model["maker"]](model["outcome"], **own)
    except TypeError as reason:
        raise SpecError(f"{where}.model: {_first_line(reason)}.") from reason


def _record(record: object, where: str, *, known: tuple[str, ...], needed: tuple[str, ...]) -> Mapping[str, Any]:
    if not isinstance(record, Mapping):
        raise SpecError(f"{where} is a record of fields, not {shown(record)}.")
    strange = [str(name) for name in record if name not in known]
    if strange:
        raise SpecError(f"{where} has no field {shown(strange[0])}; {suggest(strange[0], known)}")
    missing = [name for name in needed if name not in record]
    if missing:
        raise SpecError(f"{where} lacks the field {shown(missing[0])}.")
    return record


def _listed(value: object, where: str) -> list[object]:
    if not isinstance(value, list):
        raise SpecError(f"{where} is a list, not {shown(value)}.")
    return value


def _first_line(reason: BaseException) -> str:
    return (str(reason).splitlines() or [type(reason).__name__])[0].removesuffix(".")
