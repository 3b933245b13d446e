"""A posterior as groups of arrays and one JSON text, and back; what a file is made of, whatever its format.

The draws are kept in their groups. Of the design the table of rows is kept, with the formula that made arrays of it;
they are built anew, and a hash says whether they are the same. Nothing that is read is ever executed.
"""

import hashlib
import json
import sys
from collections.abc import Mapping
from dataclasses import replace
from importlib.metadata import PackageNotFoundError, version
from typing import Any, get_args

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray

from alsmodels.bayes.posterior import Method, PosteriorFit
from alsmodels.bayes.trees import build_tree
from alsmodels.data.columncodec import column_kind, column_to_array, restore_column
from alsmodels.data.outcomes import Outcome
from alsmodels.errors import ReadError, shown
from alsmodels.model.design import Design, build_design
from alsmodels.model.limits import find_limits
from alsmodels.model.notes import restore_notes
from alsmodels.model.priors import Priors, check_priors
from alsmodels.model.response import ResponseModel
from alsmodels.model.spec import ModelSpec
from alsmodels.model.status import Status, StatusKind

__all__ = ["FORMAT", "TABLE", "as_groups", "as_posterior", "hash_design"]

FORMAT = "alsmodels-posterior-1"
TABLE = "rows_of_data"
"""The group that holds the table of rows."""

_GROUPS = ("posterior", "sample_stats", "log_likelihood", "observed_data")
_PACKAGES = ("alsmodels", "numpy", "xarray", "nutpie", "pymc")


def as_groups(post: PosteriorFit) -> tuple[dict[str, xr.Dataset], str]:
    """The draws with the table of rows, and the JSON text of all else."""
    columns = [_plain(post.design.rows[name]) for name in post.design.rows.columns]
    groups = {name: child.to_dataset() for name, child in post.draws.children.items()}
    groups[TABLE] = xr.Dataset({f"column_{place}": ("row", _array(one)) for place, one in enumerate(columns)})
    hashes = {name: _hash_group(group) for name, group in groups.items()}
    record = _record(post) | {"columns": [column_kind(column) for column in columns], "hashes": hashes}
    return groups, json.dumps(_spelt(record), ensure_ascii=False, allow_nan=False)


def as_posterior(groups: Mapping[str, xr.Dataset], text: str) -> PosteriorFit:
    """The fit that `as_groups` took apart.

    Raises
    ------
    ReadError
        If the format is another, a group is missing, or the rows do not give the arrays that were fitted.
    AlsModelsError, LookupError, TypeError, ValueError
        If a part is not as it was saved.
    """
    record = json.loads(text, object_hook=_read_number)
    if not isinstance(record, dict) or record.get("format") != FORMAT:
        msg = f"its format is not '{FORMAT}'"
        raise ReadError(msg)
    missing = [name for name in (*_GROUPS, *record["groups"], TABLE) if name not in groups]
    if missing:
        msg = f"the group '{missing[0]}' is missing"
        raise ReadError(msg)
    design, priors = _design(record, groups[TABLE]), Priors.from_dict(record["priors"])
    check_priors(priors, design)
    priors = priors.of(design)
    draws = {str(name): groups[name] for name in record["groups"]}
    _check_draws(draws["posterior"], design)
    _check_hashes(record, groups)
    kind, message, score = (record["status"][name] for name in ("kind", "message", "score"))
    return PosteriorFit(
        design=design,
        priors=priors,
        response=ResponseModel.from_dict(record["response"]),
        method=_method(record["method"]),
        sampler=str(record["sampler"]),
        draws=build_tree(draws, attrs=record["attrs"]),
        status=Status(StatusKind(kind), str(message), float(score)),
        effective=None if record["effective"] is None else float(record["effective"]),
    )


def _hash_group(group: xr.Dataset) -> str:
    """SHA-256 of the names, dimensions and values of a group, whatever the format keeps them in."""
    found = hashlib.sha256()
    for name in sorted(map(str, group.variables)):
        variable = group.variables[name]
        found.update(json.dumps([name, list(map(str, variable.dims)), list(variable.shape)]).encode())
        found.update(_bytes(variable.to_numpy()))
    return found.hexdigest()


def _bytes(values: NDArray[Any]) -> bytes:
    if values.dtype.kind in "biu":
        return np.ascontiguousarray(values, dtype="<i8").tobytes()
    if values.dtype.kind == "f":
        return np.ascontiguousarray(np.where(np.isnan(values), np.nan, values), dtype="<f8").tobytes()
    return json.dumps([str(value) for value in values.ravel()]).encode()


def _check_hashes(record: Mapping[str, Any], groups: Mapping[str, xr.Dataset]) -> None:
    """Refuse values that are not those that were saved together; files of earlier versions have no hashes."""
    for name, expected in record.get("hashes", {}).items():
        if name in groups and _hash_group(groups[name]) != expected:
            msg = f"the values of the group '{name}' are not those that were saved with the others"
            raise ReadError(msg)


def hash_design(design: Design) -> str:
    """SHA-256 of y, X, Z and starts.

    The numbers are taken in single precision: another machine's last digit of a logarithm does not make other data.
    """
    found = hashlib.sha256()
    with np.errstate(over="ignore"):
        for array in (design.y, design.X, design.Z):
            found.update(np.ascontiguousarray(array + 0.0, dtype="<f4").tobytes())
    found.update(np.ascontiguousarray(design.starts, dtype="<i8").tobytes())
    return found.hexdigest()


def _record(post: PosteriorFit) -> dict[str, Any]:
    design, status = post.design, post.status
    return {
        "format": FORMAT,
        "formula": design.spec.formula,
        "priors": post.priors.to_dict(),
        "response": post.response.to_dict(),
        "method": post.method,
        "sampler": post.sampler,
        "status": {"kind": status.kind.value, "message": status.message, "score": status.score},
        "effective": post.effective,
        "seed": post.draws.attrs.get("seed"),
        "groups": list(post.draws.children),
        "attrs": dict(post.draws.attrs),
        "outcome": None if design.outcome is None else design.outcome.to_dict(),
        "left_out": design.left_out.to_numpy().tolist(),
        "notes": [note.text for note in design.notes],
        "note_kinds": [note.kind.value for note in design.notes],
        "note_briefs": [note.brief for note in design.notes],
        "data_hash": hash_design(design),
        "versions": _versions(),
    }


def _versions() -> dict[str, str]:
    """Versions of the packages that are loaded."""
    found: dict[str, str] = {}
    for name in _PACKAGES:
        try:
            found |= {name: version(name)} if name in sys.modules else {}
        except PackageNotFoundError:
            continue
    return found


def _design(record: Mapping[str, Any], table: xr.Dataset) -> Design:
    spec = ModelSpec(record["formula"])
    columns = [_column(table[f"column_{place}"].to_numpy(), kind) for place, kind in enumerate(record["columns"])]
    rows = pd.DataFrame({kind["name"]: column for kind, column in zip(record["columns"], columns, strict=True)})
    design = build_design(spec, rows)
    if hash_design(design) != record["data_hash"]:
        msg = "its rows do not give the arrays that were fitted, so the table or the formula has been changed"
        raise ReadError(msg)
    outcome = None if record["outcome"] is None else Outcome.from_dict(record["outcome"])
    return replace(
        design,
        outcome=outcome,
        limits=find_limits(spec, design.rows, design.y, outcome),
        left_out=pd.DataFrame(map(tuple, record["left_out"]), columns=design.left_out.columns),
        notes=restore_notes(record["notes"], record.get("note_kinds"), record.get("note_briefs")),
    )


def _column(values: NDArray[Any], kind: Mapping[str, Any]) -> "pd.Series[Any]":
    if kind["kind"] == "category" and not {"", *kind["categories"]} >= set(map(str, values)):
        msg = f"the column '{kind['name']}' has values outside of its categories"
        raise ReadError(msg)
    return restore_column(values, kind)


def _check_draws(posterior: xr.Dataset, design: Design) -> None:
    """Refuse draws that are not of the design's coefficients, random effects and subjects."""
    labels = {"term": design.fixed_names, "effect": design.random_names, "subject": design.subjects}
    for name, dims in (("beta", ("term",)), ("sd", ("effect",)), ("b", ("subject", "effect")), ("sigma", ())):
        if name not in posterior or not {"chain", "draw", *dims} <= set(posterior[name].dims):
            msg = f"the draws of '{name}' are missing or not as they were"
            raise ReadError(msg)
        if any(list(posterior[name][dim].to_numpy()) != list(labels[dim]) for dim in dims):
            msg = f"the draws of '{name}' are not of the coefficients or subjects of its rows"
            raise ReadError(msg)


def _method(word: object) -> Method:
    for known in get_args(Method):
        if word == known:
            return known  # type: ignore[no-any-return]  # get_args is untyped
    msg = f"its method is {shown(word)}"
    raise ReadError(msg)


def _plain(column: "pd.Series[Any]") -> "pd.Series[Any]":
    """A column in one of the kinds that are kept: category, text, whole number, number, truth value."""
    kinds = pd.api.types
    if isinstance(column.dtype, pd.CategoricalDtype):
        return column
    if kinds.is_numeric_dtype(column.dtype):
        whole = kinds.is_integer_dtype(column.dtype) and not column.isna().any()
        truth = kinds.is_bool_dtype(column.dtype) and not column.isna().any()
        return column.astype("bool" if truth else "int64" if whole else "float64")
    if all(isinstance(value, str) for value in column.dropna()):
        return column.astype("str")
    msg = f"The column '{column.name}' of the data holds {column.dtype} and cannot be kept; make it text or a number."
    raise ReadError(msg)


def _array(column: "pd.Series[Any]") -> NDArray[Any]:
    values = column_to_array(column)
    return np.array([str(value) for value in values], dtype=object) if values.dtype == object else values


def _spelt(value: Any) -> Any:
    """The same with numbers that JSON does not have spelt out, as in ``{"number": "inf"}``."""
    if isinstance(value, Mapping):
        return {str(key): _spelt(one) for key, one in value.items()}
    if isinstance(value, (list, tuple, np.ndarray)):
        return [_spelt(one) for one in value]
    plain = value.item() if isinstance(value, np.generic) else value
    return {"number": str(plain)} if isinstance(plain, float) and not np.isfinite(plain) else plain


def _read_number(record: dict[str, Any]) -> Any:
    if set(record) != {"number"} or record["number"] not in ("nan", "inf", "-inf"):
        return record
    return float(record["number"])
