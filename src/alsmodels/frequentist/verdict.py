"""What to say of a search that has ended: the status of a fit, in words about the model's own effects."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from alsmodels.frequentist.flatness import list_names, name_confounded, scaled_covariance
from alsmodels.kernels.blocks import SubjectBlocks
from alsmodels.kernels.covariance import CovarianceTemplate, correlation_of
from alsmodels.kernels.optimum import Optimum
from alsmodels.kernels.outcomes import Outcomes
from alsmodels.kernels.state import NO_RESIDUAL
from alsmodels.model.status import Status, StatusKind

__all__ = ["judge", "judge_all"]

Matrix = NDArray[np.float64]

# Over the residual standard deviation, for effects scaled to mean square one.
ZERO_SD = 1e-5
ONE = 1 - 1e-8
# Curvature for each subject, with a step of the size of the root, at which the likelihood is flat; and at which it is
# flat enough to be the reason why a search did not end.
FLAT, NEARLY_FLAT = 1e-6, 1e-4
# The residual variance, as a share of the response's about the fixed effects, that is likewise reason enough.
LITTLE_RESIDUAL = 1e-6
NO_VARIATION = (
    "the residual variance goes to zero: within subjects the response does not vary about the random effects. "
    "Look for a response that is constant within subjects, or take a random effect out."
)
LESS_VARIATION = (
    "This is the maximum of the likelihood, not a failure: the data show less variation than the model has."
)


def judge(optimum: Optimum, blocks: SubjectBlocks, names: Sequence[str]) -> Status:
    """The status of a finished search."""
    residual, flat = (NO_RESIDUAL, FLAT) if optimum.converged else (LITTLE_RESIDUAL, NEARLY_FLAT)
    if optimum.profile.sigma2 < residual:
        return Status(StatusKind.NOT_IDENTIFIED, NO_VARIATION, optimum.score)
    if _steepness(optimum) <= flat * blocks.n_subjects:  # a search may wander there, and its score says little
        return Status(StatusKind.NOT_IDENTIFIED, name_confounded(blocks, names), optimum.score)
    if not optimum.converged:
        return Status(StatusKind.NOT_CONVERGED, _not_converged(optimum, blocks), optimum.score)
    found, others = _boundaries(optimum.profile.root, blocks, names), _others(optimum)
    if found:
        return Status(StatusKind.BOUNDARY, f"{'; '.join(found)}. {LESS_VARIATION}{others}", optimum.score)
    message = f"the score is zero to {optimum.score:.0e} standard errors and the Hessian is positive definite.{others}"
    return Status(StatusKind.CONVERGED, message, optimum.score)


def judge_all(found: Outcomes, template: CovarianceTemplate) -> list[StatusKind]:
    """The kinds that `judge` gives many finished searches."""
    no_residual = found.sigma2 < np.where(found.converged, NO_RESIDUAL, LITTLE_RESIDUAL)
    is_flat = found.curvature <= np.where(found.converged, FLAT, NEARLY_FLAT) * found.n_subjects
    singular, fitted = np.zeros(len(found.fault), dtype=bool), np.isfinite(found.criterion)
    for block in template.blocks:
        size = np.abs(np.linalg.eigvalsh(found.root[fitted, block, block]))
        singular[fitted] |= size.min(axis=1) < ZERO_SD * np.maximum(1.0, size.max(axis=1))
    ends = [StatusKind.NOT_FITTED, StatusKind.NOT_IDENTIFIED, StatusKind.NOT_CONVERGED, StatusKind.BOUNDARY]
    holds = [found.fault != 0, no_residual | is_flat, ~found.converged, singular]
    places = np.select(holds, range(len(ends)), len(ends))
    return [[*ends, StatusKind.CONVERGED][place] for place in places]


def _others(optimum: Optimum) -> str:
    """What to know where the likelihood has more than one peak."""
    if not optimum.is_split:
        return ""
    return (
        f" The likelihood has several peaks, which {optimum.n_searches} searches from different starts found; this is "
        "the highest of them. A model with fewer random effects would be firmer."
    )


def _steepness(optimum: Optimum) -> float:
    """The least curvature of the criterion, for a step as large as the root."""
    return float(np.abs(optimum.hessian_values).min() * (1.0 + np.sum(optimum.profile.root**2)))


def _not_converged(optimum: Optimum, blocks: SubjectBlocks) -> str:
    """How far the search came, and what of the data and the model may be in its way."""
    weights = " and the weights for gross differences" if blocks.log_weights != 0.0 else ""
    advice = [f"Look at the response for gross outliers{weights}"]
    advice += ["take a random effect out"] if blocks.template.n_effects > 1 else []
    advice += ["take the correlations out with '||'"] if max(blocks.template.sizes) > 1 else []
    return (
        f"the search stopped {optimum.score:.1g} standard errors from an optimum, after {optimum.n_steps} steps. "
        f"{', or '.join(advice)}."
    )


def _boundaries(root: Matrix, blocks: SubjectBlocks, names: Sequence[str]) -> list[str]:
    """A phrase for each block of random effects whose covariance is singular."""
    found = []
    for block in blocks.template.blocks:
        size = np.abs(np.linalg.eigvalsh(root[block, block]))
        if size.min() < ZERO_SD * max(1.0, size.max()):
            found += _phrases(scaled_covariance(root, blocks)[block, block], list(names[block]))
    return found


def _phrases(S: Matrix, names: list[str]) -> list[str]:
    """Which variance is zero or which correlation is one, in a singular covariance of effects in residual units."""
    zero = np.sqrt(np.diagonal(S)) < ZERO_SD
    phrases = [
        f"the variance of {name} is estimated as zero" for name, is_zero in zip(names, zero, strict=True) if is_zero
    ]
    correlation = correlation_of(np.where(np.outer(zero, zero), 0.0, S))
    for row in range(len(names)):
        for col in range(row):
            if not (zero[row] or zero[col]) and abs(correlation[row, col]) > ONE:
                sign = "1" if correlation[row, col] > 0 else "-1"
                phrases.append(f"the correlation of {names[col]} and {names[row]} is estimated as {sign}")
    if phrases:
        return phrases
    return [f"the covariance of {list_names(names)} is singular: one combination of them has no variance"]
