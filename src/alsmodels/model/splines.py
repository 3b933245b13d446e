"""Natural cubic splines in the basis of R's ``splines::ns``.

The basis is that of cubic B-splines over the knots, less the two directions in which the second derivative at the ends
is not zero: the first two columns of Q, where Q R are the second derivatives at both ends, are taken away. Outside the
ends a natural spline is a straight line.
"""

from typing import Any

import numpy as np
from formulaic.utils.stateful_transforms import stateful_transform
from numpy.typing import NDArray
from scipy.interpolate import BSpline

__all__ = ["natural_spline"]

Vector = NDArray[np.float64]
Matrix = NDArray[np.float64]


@stateful_transform  # type: ignore[untyped-decorator]  # formulaic has no types here
def natural_spline(x: Any, df: int = 1, _state: dict[str, Any] | None = None) -> dict[int, Vector]:
    """The columns of ``ns(x, df)``, without an intercept; knots are quantiles of the column that it was learnt of."""
    values, state = np.asarray(x, dtype=float), {} if _state is None else _state
    if "knots" not in state:
        known = values[np.isfinite(values)]
        inner = np.quantile(known, np.linspace(0, 1, df + 1)[1:-1])
        state["knots"] = np.concatenate([np.repeat(known.min(), 4), inner, np.repeat(known.max(), 4)])
    columns = _natural_basis(values, state["knots"])
    return dict(enumerate(columns.T, start=1))


def _natural_basis(x: Vector, knots: Vector) -> Matrix:
    """The basis at x, shape (n, df)."""
    ends = knots[[0, -1]]
    splines = BSpline(knots, np.eye(len(knots) - 4), 3)
    bent = splines.derivative(2)(ends)[:, 1:]
    level, slope = splines(ends), splines.derivative()(ends)
    basis = splines(np.clip(x, *ends))
    for end, outside in enumerate((x < ends[0], x > ends[1])):
        basis[outside] = level[end] + (x[outside] - ends[end])[:, None] * slope[end]
    Q, _ = np.linalg.qr(bent.T, mode="complete")
    return np.asarray((basis[:, 1:] @ Q)[:, 2:])
