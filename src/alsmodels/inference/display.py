"""A table of results that prints itself for reading, and what is derived from it too."""

from collections.abc import Mapping, Sequence
from typing import final

import pandas as pd

from alsmodels.inference.sections import view_results
from alsmodels.model.notes import Note

__all__ = ["ResultTable"]


@final
class ResultTable(pd.DataFrame):
    """A data frame in all but how it shows itself: in sections by unit, rounded by its errors, with its notes under it.

    The values keep every digit. Rows and columns that are taken from it, and sorted and rounded copies, show
    themselves in the same way; what has an index of its own shows itself as pandas has it.
    """

    @property
    def _constructor(self) -> type["ResultTable"]:
        return ResultTable

    @classmethod
    def of(cls, table: pd.DataFrame, *, notes: Sequence[Note], questions: Mapping[str, str]) -> "ResultTable":
        """Wrap a table; ``attrs`` keeps the notes, and the questions by their labels: in words, and their units."""
        made = cls(table)
        made.attrs["notes"] = list(notes)
        made.attrs["questions"] = dict(questions)
        if {"estimand", "unit"} <= set(table.columns):
            made.attrs["units"] = dict(zip(table["estimand"], table["unit"], strict=True))
        if "level" in table.columns and table["level"].nunique() == 1:
            made.attrs["level"] = float(table["level"].iloc[0])
        return made

    def __repr__(self) -> str:
        view = view_results(pd.DataFrame(self), self.attrs)
        return repr(pd.DataFrame(self)) if view is None else view.text()

    def _repr_html_(self) -> str:
        view = view_results(pd.DataFrame(self), self.attrs)
        return _page_of(self) if view is None else view.html()


def _page_of(table: pd.DataFrame) -> str:
    return str(pd.DataFrame(table)._repr_html_())  # type: ignore[operator]  # stubs do not know it
