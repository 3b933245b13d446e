"""The correlations of random effects: their places in a matrix, and what they are called."""

from collections.abc import Sequence

from alsmodels.kernels.covariance import CovarianceTemplate

__all__ = ["pair_labels", "pair_places"]


def pair_places(template: CovarianceTemplate) -> tuple[tuple[int, int], ...]:
    """Row and column of each correlation: the lower triangle of every block, row by row."""
    return tuple(
        (row, col)
        for block in template.blocks
        for row in range(block.start, block.stop)
        for col in range(block.start, row)
    )


def pair_labels(names: Sequence[str], template: CovarianceTemplate) -> list[str]:
    """Labels of the correlations, such as ``week ~ (Intercept)``."""
    return [f"{names[row]} ~ {names[col]}" for row, col in pair_places(template)]
