"""Columns of a table as arrays, each looked up once: a look-up in a pandas table costs more than most arithmetic."""

from collections.abc import Mapping
from functools import cached_property
from typing import TypeAlias, final

import pandas as pd
from pandas.api.extensions import ExtensionArray

from alsmodels.data.numbering import plain_dtype

__all__ = ["Lookup", "Table", "frame_of"]


@final
class Lookup:
    """Some columns of a table; the table of them is made when it is first asked for.

    Parameters
    ----------
    arrays : mapping of str to ExtensionArray
        The columns by name, of n rows each. They belong to this value alone.
    n_rows : int
        Rows, n.
    """

    def __init__(self, arrays: Mapping[str, ExtensionArray], n_rows: int) -> None:
        self._arrays = dict(arrays)
        self._n_rows = n_rows

    @classmethod
    def of(cls, frame: pd.DataFrame) -> "Lookup":
        """Take every column of a table."""
        return cls({str(name): frame[name].array.copy() for name in frame.columns}, len(frame))

    def __getitem__(self, name: str) -> ExtensionArray:
        return self._arrays[name]

    def __contains__(self, name: object) -> bool:
        return name in self._arrays

    def __len__(self) -> int:
        return self._n_rows

    @cached_property
    def frame(self) -> pd.DataFrame:
        """The table, with rows numbered from 0."""
        columns = {name: pd.Series(values, dtype=plain_dtype(values)) for name, values in self._arrays.items()}
        return pd.DataFrame(columns, index=pd.RangeIndex(self._n_rows))


Table: TypeAlias = pd.DataFrame | Lookup
"""Whatever gives columns by name."""


def frame_of(table: Table) -> pd.DataFrame:
    """Return the table as one of pandas."""
    return table.frame if isinstance(table, Lookup) else table
