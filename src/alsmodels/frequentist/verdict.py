"""What to say of a search that has ended: the status of a fit, in words about the model's own effects."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from alsmodels.kernels.blocks import SubjectBlocks
from alsmodels.kernels.covariance import CovarianceTemplate, block_factor, correlation_of
from alsmodels.kernels.optimum import Optimum
from alsmodels.kernels.outcomes import Outcomes
from alsmodels.model.status import Status, StatusKind

__all__ = ["judge", "judge_all"]

Matrix = NDArray[np.float64]

# Over the residual standard deviation, for effects scaled to mean square one.
ZERO_SD = 1e-5
ONE = 1 - 1e-8
# Curvature for each subject, with a step of the size of the root, at which the likelihood is flat.
FLAT = 1e-6
# Share of the response's variance about the fixed effects.
ZERO_RESIDUAL = 1e-9
NO_RESIDUAL = (
    "the residual variance goes to zero: within subjects the response does not vary about the random effects. "
    "Look for a response that is constant within subjects, or take a random effect out."
)


def judge(optimum: Optimum, blocks: SubjectBlocks, names: Sequence[str]) -> Status:
    """The status of a finished search."""
    if optimum.profile.sigma2 < ZERO_RESIDUAL:
        return Status(StatusKind.NOT_IDENTIFIED, NO_RESIDUAL, optimum.score)
    if _is_flat(optimum, blocks):  # where it is, a search may wander, and its score says little
        return Status(StatusKind.NOT_IDENTIFIED, _not_identified(names), optimum.score)
    if not optimum.converged:
        return Status(StatusKind.NOT_CONVERGED, _stopped(optimum.score, optimum.n_steps), optimum.score)
    found = _boundaries(optimum.profile.root, blocks, names)
    if found:
        message = f"{'; '.join(found)}. This is the maximum of the likelihood: these data show no more variation."
        return Status(StatusKind.BOUNDARY, message, optimum.score)
    message = f"the score is zero to {optimum.score:.0e} standard errors and the Hessian is positive definite."
    return Status(StatusKind.CONVERGED, message, optimum.score)


def judge_all(
    found: Outcomes, template: CovarianceTemplate, names: Sequence[str]
) -> tuple[list[StatusKind], dict[int, str]]:
    """The kinds that `judge` gives many finished searches, and what to say of those that are no optimum, by number."""
    no_residual = found.sigma2 < ZERO_RESIDUAL
    is_flat = found.curvature <= FLAT * found.n_subjects
    singular = np.zeros(len(found.fault), dtype=bool)
    fitted = np.isfinite(found.criterion)
    for block in template.blocks:
        size = np.abs(np.linalg.eigvalsh(found.root[fitted, block, block]))
        singular[fitted] |= size.min(axis=1) < ZERO_SD * np.maximum(1.0, size.max(axis=1))
    ends = [StatusKind.NOT_FITTED, StatusKind.NOT_IDENTIFIED, StatusKind.NOT_CONVERGED, StatusKind.BOUNDARY]
    holds = [found.fault != 0, no_residual | is_flat, ~found.converged, singular]
    places = np.select(holds, range(len(ends)), len(ends))
    said = {int(r): _stopped(found.score[r], int(found.n_steps[r])) for r in np.flatnonzero(~found.converged)}
    said |= {int(r): _not_identified(names) for r in np.flatnonzero(is_flat)}
    said |= {int(r): NO_RESIDUAL for r in np.flatnonzero(no_residual)}
    return [[*ends, StatusKind.CONVERGED][place] for place in places], said


def _is_flat(optimum: Optimum, blocks: SubjectBlocks) -> bool:
    size = 1.0 + float(np.sum(optimum.profile.root**2))
    return bool(np.abs(optimum.hessian_values).min() * size <= FLAT * blocks.n_subjects)


def _stopped(score: float, n_steps: int) -> str:
    return (
        f"the search stopped {score:.1g} standard errors from an optimum, after {n_steps} steps. "
        "Look at the response for gross outliers, take a random effect out, or take the correlations out with '||'."
    )


def _not_identified(names: Sequence[str]) -> str:
    return (
        f"the likelihood is flat: these data cannot tell the variances of {_listed(names)} and of the residual apart. "
        "Subjects need more visits than random effects; take a random effect out."
    )


def _boundaries(root: Matrix, blocks: SubjectBlocks, names: Sequence[str]) -> list[str]:
    """A phrase for each block of random effects whose covariance is singular."""
    found = []
    for block in blocks.template.blocks:
        size = np.abs(np.linalg.eigvalsh(root[block, block]))
        if size.min() < ZERO_SD * max(1.0, size.max()):
            factor = blocks.scaling.z_factor @ block_factor(root, blocks.template)
            unit = np.sqrt(np.diagonal(np.linalg.inv(blocks.scaling.z_factor @ blocks.scaling.z_factor.T)))[block]
            found += _phrases((factor @ factor.T)[block, block] * np.outer(unit, unit), list(names[block]))
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
    return [f"the covariance of {_listed(names)} is singular: one combination of them has no variance"]


def _listed(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
