"""Two outcomes or more, measured in the same people: one larger block of random effects.

The outcomes are stacked: outcome g has its own columns in X and Z, its own coordinates and its own precision
``tau_g``, and the subject's random effects of all outcomes have one covariance. The likelihood is that of
``kernels.marginal`` with a group for each outcome.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import block_diag

from alsmodels.bayes.recovery import design_squares
from alsmodels.bayes.target import build_target, half_priors, pair_arrays
from alsmodels.kernels.covariance import CovarianceTemplate, covariance_template
from alsmodels.kernels.posterior import Target
from alsmodels.kernels.recovery import SubjectSquares
from alsmodels.model.design import Design
from alsmodels.model.distributions import LKJ
from alsmodels.model.priors import Priors
from alsmodels.model.reduction import reduce_design

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["all_subjects", "join_targets", "joint_template"]

Array = NDArray[np.float64]


def all_subjects(designs: Sequence[Design]) -> "pd.Index[Any]":
    """Everyone with a value of any outcome, in order of the first that has them."""
    found = designs[0].subjects
    for design in designs[1:]:
        found = found.append(design.subjects[~design.subjects.isin(found)])
    return found


def joint_template(designs: Sequence[Design]) -> CovarianceTemplate:
    """One block of correlated effects, of all outcomes."""
    return covariance_template([sum(design.template.n_effects for design in designs)])


def join_targets(
    designs: Sequence[Design], priors: Sequence[Priors], correlation: LKJ
) -> tuple[Target, SubjectSquares]:
    """The posterior density of all outcomes together, and what each subject's likelihood needs."""
    blocks = [reduce_design(design) for design in designs]
    alone = [build_target(*given) for given in zip(designs, priors, blocks, strict=True)]
    squares = [design_squares(design, one.scaling) for design, one in zip(designs, blocks, strict=True)]
    subjects = all_subjects(designs)
    places = [subjects.get_indexer(design.subjects) for design in designs]
    sds = [given.sds[name] for given, design in zip(priors, designs, strict=True) for name in design.random_names]
    df, scale = half_priors([*sds, *(given.residual for given in priors)])
    row, col, start, shape = pair_arrays(joint_template(designs), correlation.eta)
    q, p = (sum(one.ztw.shape[axis] - extra for one in alone) for axis, extra in ((1, 0), (2, 1)))
    groups, m = len(alone), len(subjects)
    ztz, ztw = np.zeros((groups, q, q, m)), np.zeros((groups, q, p + 1, m))
    wtw, by_subject = np.zeros((groups, p + 1, p + 1)), np.zeros((groups, p + 1, p + 1, m))
    counts = np.zeros((groups, m), dtype=np.int64)
    first_effect = first_term = 0
    for g, (one, square, place) in enumerate(zip(alone, squares, places, strict=True)):
        effects = np.arange(first_effect, first_effect + len(one.inward))
        terms = np.r_[np.arange(first_term, first_term + len(one.shift)), p]
        ztz[g][np.ix_(effects, effects, place)] = one.ztz[0]
        ztw[g][np.ix_(effects, terms, place)] = one.ztw[0]
        wtw[g][np.ix_(terms, terms)] = one.wtw[0]
        by_subject[g][np.ix_(terms, terms, place)] = square.wtw[0]
        counts[g, place] = square.counts[0]
        first_effect, first_term = first_effect + len(effects), first_term + len(terms) - 1
    target = Target(
        ztz=ztz,
        ztw=ztw,
        wtw=wtw,
        n_obs=np.concatenate([one.n_obs for one in alone]),
        precision=_diagonal([one.precision for one in alone]),
        shift=np.concatenate([one.shift for one in alone]),
        constant=float(sum(one.constant for one in alone)),
        inward=_diagonal([one.inward for one in alone]),
        sizes=np.concatenate([one.sizes for one in alone]),
        beta_centre=np.concatenate([one.beta_centre for one in alone]),
        beta_map=_diagonal([one.beta_map for one in alone]),
        half_df=df,
        half_scale=scale,
        pair_row=row,
        pair_col=col,
        pair_start=start,
        pair_shape=shape,
    )
    return target, SubjectSquares(by_subject, counts)


def _diagonal(pieces: Sequence[Array]) -> Array:
    return np.ascontiguousarray(block_diag(*pieces))
