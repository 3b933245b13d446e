"""From correlations back to the canonical partial correlations that the samplers move in."""

import numpy as np
from numpy.typing import NDArray

from alsmodels.bayes.naming import pair_places
from alsmodels.kernels.covariance import CovarianceTemplate

__all__ = ["partials_of"]

Array = NDArray[np.float64]


def partials_of(correlation: Array, template: CovarianceTemplate) -> Array:
    """Canonical partial correlations, shape (s, k), of correlations, shape (s, k), both in the order of `pair_places`.

    With C the Cholesky factor of a block's correlation matrix, ``p[r, c] = C[r, c] / sqrt(1 - sum_{j < c} C[r, j]^2)``
    (Lewandowski, Kurowicka & Joe 2009).
    """
    places = pair_places(template)
    R = np.tile(np.eye(template.n_effects), (len(correlation), 1, 1))
    for number, (row, col) in enumerate(places):
        R[:, row, col] = R[:, col, row] = correlation[:, number]
    C = np.linalg.cholesky(R)
    found = np.empty_like(correlation)
    for number, (row, col) in enumerate(places):
        left = 1.0 - (C[:, row, :col] ** 2).sum(axis=1)
        found[:, number] = C[:, row, col] / np.sqrt(left)
    return np.clip(found, -1 + 1e-15, 1 - 1e-15)
