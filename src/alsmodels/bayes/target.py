"""From a design and its priors to the posterior density that the samplers work on."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import solve_triangular

from alsmodels.bayes.naming import pair_places
from alsmodels.kernels.blocks import SubjectBlocks
from alsmodels.kernels.covariance import CovarianceTemplate
from alsmodels.kernels.marginal import GroupedBlocks, fixed_prior
from alsmodels.kernels.posterior import Target
from alsmodels.model.design import Design
from alsmodels.model.distributions import Scale
from alsmodels.model.priors import Priors

__all__ = ["build_target", "half_priors", "pair_arrays"]


def build_target(design: Design, priors: Priors, blocks: SubjectBlocks) -> Target:
    """The posterior density of a Gaussian model with one residual variance; ``blocks`` are those of the design."""
    grouped, scaling = GroupedBlocks.of(blocks), blocks.scaling
    given = [priors.fixed[name] for name in design.fixed_names]
    fixed = fixed_prior(np.array([one.mean for one in given]), np.array([one.sd for one in given]), scaling)
    sds = [priors.sds[name] for name in design.random_names]
    df, scale = half_priors([*sds, priors.residual])
    row, col, start, shape = pair_arrays(design.template, priors.correlation.eta)
    p, q = len(given), design.template.n_effects
    return Target(
        ztz=grouped.ztz,
        ztw=grouped.ztw,
        wtw=grouped.wtw,
        n_obs=grouped.n_obs,
        precision=fixed.precision,
        shift=fixed.shift,
        constant=fixed.constant,
        inward=np.ascontiguousarray(solve_triangular(scaling.z_factor, np.eye(q), lower=True) / scaling.size),
        sizes=np.array([scaling.size]),
        beta_centre=scaling.beta_ls,
        beta_map=np.ascontiguousarray(scaling.size * solve_triangular(scaling.x_factor, np.eye(p))),
        half_df=df,
        half_scale=scale,
        pair_row=row,
        pair_col=col,
        pair_start=start,
        pair_shape=shape,
    )


def half_priors(priors: Sequence[Scale]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Degrees of freedom and scales of half-t and half-normal priors."""
    df, scale = np.array([(prior.df, prior.scale) for prior in priors], dtype=float).T
    return df.copy(), scale.copy()


def pair_arrays(
    template: CovarianceTemplate, eta: float
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
    """Row, column and first row of the block of each correlation, and the shape of its partial correlation's prior."""
    first = {row: block for block in template.blocks for row in range(block.start, block.stop)}
    places = pair_places(template)
    row, col = np.array(places, dtype=np.int64).reshape(-1, 2).T
    start = np.array([first[r].start for r, _ in places], dtype=np.int64)
    size = np.array([first[r].stop - first[r].start for r, _ in places], dtype=np.int64)
    return row.copy(), col.copy(), start, eta + (size - 2 - (col - start)) / 2
