"""A table on its way to a design: rows in the order of subjects and time, complete ones kept, the others counted."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from alsmodels.data.columns import as_pandas
from alsmodels.data.numbering import number_visits
from alsmodels.errors import DesignError
from alsmodels.model.encoding import check_columns
from alsmodels.model.limits import companions
from alsmodels.model.spec import ModelSpec

__all__ = ["arrange_rows", "complete_rows", "context_columns", "needed_columns", "read_weights"]

# Building an empty table takes longer than copying one.
_NOTHING = pd.DataFrame([], columns=["reason", "rows", "subjects"])


def arrange_rows(frame: object) -> pd.DataFrame:
    """A table with its rows in order of subject and time; a row without a subject is refused."""
    frame = frame if isinstance(frame, pd.DataFrame) else as_pandas(frame, "The data")
    check_columns(["subject"], frame)
    if frame["subject"].isna().any():
        msg = f"Column 'subject' is missing in row {int(np.argmax(frame['subject'].isna())) + 1}."
        raise DesignError(msg)
    weeks = frame["week"] if "week" in frame.columns else pd.Series(0, index=frame.index)
    if not pd.api.types.is_numeric_dtype(weeks):
        weeks = pd.Series(pd.factorize(weeks, sort=True, use_na_sentinel=False)[0], index=frame.index)
    order = number_visits(frame["subject"], weeks).order
    return frame if order is None else frame.take(order)


def needed_columns(spec: ModelSpec, weights: str | None) -> list[str]:
    """The columns in which a row must have a value: those of the formula, and of the weights."""
    return list(dict.fromkeys([*spec.columns, *([weights] if weights is not None else [])]))


def context_columns(names: Sequence[str]) -> list[str]:
    """The columns that a design keeps, if a table has them, whether or not the formula reads them."""
    return [name for name in ("subject", "week", "arm") if name in names]


def complete_rows(spec: ModelSpec, table: pd.DataFrame, weights: str | None) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Rows without a missing value in any column of the model, and the count of the others by column."""
    needed, context = needed_columns(spec, weights), context_columns(list(table.columns))
    used = table[list(dict.fromkeys([*context, *needed, *companions(spec.columns[0], table)]))]
    counts, kept = [], np.ones(len(used), dtype=bool)
    for name in needed:
        absent = used[name].isna().to_numpy()
        if absent.any():
            missing = kept & absent
            gone = set(used.loc[missing, "subject"]) - set(used.loc[kept & ~absent, "subject"])
            counts.append((f"{name} is missing", int(missing.sum()), len(gone)))
            kept &= ~absent
    rows = used if kept.all() else used[kept]
    rows = rows if isinstance(rows.index, pd.RangeIndex) and rows.index.start == 0 else rows.reset_index(drop=True)
    counts = [count for count in counts if count[1]]
    return rows, pd.DataFrame(counts, columns=list(_NOTHING.columns)) if counts else _NOTHING.copy()


def read_weights(rows: pd.DataFrame, name: str) -> NDArray[np.float64]:
    """The weights of rows, shape (n,); refused where one is no positive number."""
    if not pd.api.types.is_numeric_dtype(rows[name]):
        msg = f"The column of weights '{name}' holds {rows[name].dtype}, not numbers."
        raise DesignError(msg)
    found = rows[name].to_numpy(dtype=float)
    bad = ~(np.isfinite(found) & (found > 0))
    if bad.any():
        first = rows.iloc[int(np.argmax(bad))]
        msg = (
            f"A weight is a positive number; '{name}' is not one in {int(bad.sum())} rows, the first of subject "
            f"{first['subject']} with {first[name]}."
        )
        raise DesignError(msg)
    return found
