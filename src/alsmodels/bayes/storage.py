"""A posterior as one file, in NetCDF or Zarr, that ArviZ and xarray open too."""

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from alsmodels.bayes.posterior import PosteriorFit
from alsmodels.bayes.records import FORMAT, as_groups, as_posterior
from alsmodels.bayes.trees import build_tree
from alsmodels.data.paths import as_path
from alsmodels.errors import AlsModelsError, ReadError, SpecError
from alsmodels.files.exchange import current_folder, replaced_folder
from alsmodels.files.hdf5 import check_hdf5
from alsmodels.files.stores import check_store
from alsmodels.files.writing import replaced_file

__all__ = ["load_posterior", "save_posterior"]

_RECORD = "alsmodels_record"
# What a broken or a hostile file can make of its reader.
_FAULTS = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    ImportError,
    LookupError,
    MemoryError,
    NotImplementedError,
    OSError,
    RuntimeError,  # RecursionError is one
    TypeError,
    ValueError,
)


def save_posterior(post: PosteriorFit, path: str | os.PathLike[str]) -> None:
    """Write a posterior to a file; one that is there is replaced when the new one is complete.

    Parameters
    ----------
    post : PosteriorFit
        The posterior to save.
    path : str or Path
        The file or folder to write; it ends in ``.nc`` for NetCDF, or in ``.zarr`` for a folder of Zarr's format 3.

    Raises
    ------
    ReadError
        If the name ends in neither, the folder holds something else, or the file cannot be written.
    SpecError
        If it is one outcome of a joint posterior.

    Examples
    --------
    >>> import tempfile
    >>> from alsmodels.bayes.lmm import sample_lmm
    >>> from alsmodels.data.examples import load_example
    >>> post = sample_lmm("alsfrs_r ~ week + (week | subject)", load_example(), method="importance", seed=1)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     save_posterior(post, f"{folder}/fit.nc")
    ...     load_posterior(f"{folder}/fit.nc").status == post.status
    True
    """
    if not isinstance(post, PosteriorFit) or post.sampler == "joint":
        msg = "Only a posterior by sample_lmm is saved whole; of a joint one, save joint.draws.to_netcdf(path)."
        raise SpecError(msg)
    target = as_path(path)
    _check_suffix(target)
    groups, text = as_groups(post)
    attrs = {name: value for name, value in post.draws.attrs.items() if _is_plain(value)}
    tree = build_tree(groups, attrs=attrs | {"format": FORMAT, _RECORD: text})
    _check_replaceable(target)
    replaced = replaced_file(target) if target.suffix == ".nc" else replaced_folder(target, check=_check_replaceable)
    with replaced as made:
        _write(tree, made)
        with _faults(target, "cannot be kept"):
            _check(made)


def load_posterior(path: str | os.PathLike[str]) -> PosteriorFit:
    """Read a posterior that `save_posterior` wrote.

    Parameters
    ----------
    path : str or Path
        The ``.nc`` file or the ``.zarr`` folder.

    Returns
    -------
    PosteriorFit
        The posterior with the draws as they were, and the design built anew from its rows.

    Raises
    ------
    ReadError
        If it is not there, is broken, or is not a posterior as it was saved.
    """
    source = as_path(path)
    _check_suffix(source)
    source = current_folder(source) if source.suffix == ".zarr" else source
    if not source.exists():
        msg = f"{source} is not there."
        raise ReadError(msg)
    with _faults(source, "cannot be read"):
        groups, attrs = _read(source)
    if attrs.get("format") != FORMAT or not isinstance(attrs.get(_RECORD), str):
        msg = f"{source} is no posterior of alsmodels: its format is not '{FORMAT}'."
        raise ReadError(msg)
    with _faults(source, "is not a posterior as it was saved"):
        return as_posterior(groups, attrs[_RECORD])


def _write(tree: xr.DataTree, path: Path) -> None:
    if path.suffix == ".nc":
        tree.to_netcdf(path, engine="h5netcdf")
        return
    groups = {name: _with_text(child.to_dataset(), object) for name, child in tree.children.items()}
    build_tree(groups, attrs=tree.attrs).to_zarr(path, mode="w", consolidated=False, zarr_format=3)


def _read(path: Path) -> tuple[dict[str, xr.Dataset], dict[str, Any]]:
    """Groups and attributes, in memory."""
    _check(path)
    options: dict[str, Any] = {"engine": "h5netcdf"}
    if path.is_dir():
        options = {"engine": "zarr", "consolidated": False, "zarr_format": 3, "chunks": None}
    with xr.open_datatree(path, **options) as tree:
        groups = {name: child.to_dataset().load().drop_encoding() for name, child in tree.children.items()}
        attrs = {str(name): value for name, value in tree.attrs.items()}
        return {name: _with_text(group, str) for name, group in groups.items()}, attrs


def _with_text(group: xr.Dataset, kind: type) -> xr.Dataset:
    """The same with text as NumPy's (``str``) or as Python's (``object``), which is all that Zarr's format knows."""
    texts: dict[Any, Any] = {
        name: (variable.dims, np.array([str(value) for value in variable.to_numpy()], dtype=kind), variable.attrs)
        for name, variable in group.variables.items()
        if variable.dtype.kind in "UOT" and variable.ndim == 1
    }
    coords = {name: value for name, value in texts.items() if name in group.coords}
    return group.assign_coords(coords).assign({name: value for name, value in texts.items() if name not in coords})


def _check(path: Path) -> None:
    """Refuse a file with anything but what is written, before its values are read."""
    if path.is_dir():
        check_store(path)
    else:
        check_hdf5(path)


def _check_suffix(path: Path) -> None:
    if path.suffix not in (".nc", ".zarr"):
        msg = f"A posterior is a file that ends in .nc or a folder that ends in .zarr; not '{path.name}'."
        raise ReadError(msg)


def _check_replaceable(path: Path) -> None:
    """Refuse to replace what is not a posterior."""
    if path.suffix == ".nc" and path.is_dir():
        msg = f"{path} is a folder; a .nc posterior is a file."
        raise ReadError(msg)
    if path.suffix == ".zarr" and path.exists() and not _is_saved(path):
        msg = f"{path} is there and is no posterior; save to another name."
        raise ReadError(msg)
    if path.suffix == ".zarr" and path.exists():
        with _faults(path, "holds more than a posterior, which would be lost; save to another name"):
            check_store(path, complete=False)


def _is_saved(folder: Path) -> bool:
    try:
        attributes: Mapping[str, object] = json.loads((folder / "zarr.json").read_text("utf-8"))["attributes"]
        return attributes.get("format") == FORMAT
    except (OSError, ValueError, LookupError, TypeError, AttributeError):
        return False


def _is_plain(value: object) -> bool:
    """Whether an attribute can be written as it is; the record has it in any case."""
    return isinstance(value, (str, float)) or (isinstance(value, int) and abs(value) < 2**63)


@contextmanager
def _faults(path: Path, what: str) -> Iterator[None]:
    try:
        yield
    except (AlsModelsError, *_FAULTS) as reason:
        msg = f"{path} {what}: {_first_line(reason)}."
        raise ReadError(msg) from reason


def _first_line(reason: BaseException) -> str:
    if isinstance(reason, KeyError):
        return f"{reason} is missing"
    return (str(reason).splitlines() or [type(reason).__name__])[0].removesuffix(".")
