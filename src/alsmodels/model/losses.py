"""Rows that a model does not take since a column has no value there: counted by column, and named in refusals."""

from collections.abc import Iterator
from contextlib import contextmanager

import pandas as pd

from alsmodels.data.breaches import counted
from alsmodels.errors import DesignError

__all__ = ["missing_reason", "naming_losses"]


def missing_reason(name: str) -> str:
    """The reason why rows without a value in a column are left out.

    Examples
    --------
    >>> missing_reason("age")
    'age is missing'
    """
    return f"{name} is missing"


@contextmanager
def naming_losses(left_out: pd.DataFrame, *, n_rows: int, response: str) -> Iterator[None]:
    """Begin a refusal with the rows that covariates cost, which are often the reason for it.

    Parameters
    ----------
    left_out : pandas.DataFrame
        Rows and subjects that are left out, by reason.
    n_rows : int
        Rows that are kept.
    response : str
        The column of the response, whose gaps are no loss of a covariate.
    """
    try:
        yield
    except DesignError as error:
        lost = left_out[left_out["reason"] != missing_reason(response)]
        if lost.empty:
            raise
        raise DesignError(f"{_told(lost, n_rows)} Of what is left: {error}") from error


def _told(lost: pd.DataFrame, n_rows: int) -> str:
    """The losses in a sentence, the greatest first."""
    of = counted(n_rows + int(lost["rows"].sum()), "row")
    ordered = lost.sort_values("rows", ascending=False, kind="stable")
    parts = [f"{reason} in {int(rows)}" for reason, rows in zip(ordered["reason"], ordered["rows"], strict=True)]
    parts[0] = f"{parts[0]} of {of}"
    return f"{', '.join(parts)}, which are left out."
