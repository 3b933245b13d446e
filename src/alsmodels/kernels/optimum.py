"""The minimum of the profiled criterion: moments, EM, then trust-region Newton with a look behind the boundary.

Newton's method runs without bounds in the symmetric root of S (see ``coordinates``), where a variance of zero or a
correlation of one is an ordinary point. Such a point may be a trap; what tells is the first-order condition over
the positive semidefinite matrices: the gradient in S must itself be positive semidefinite on every block. Where it
is not, the search is started again from inside, along the offending eigenvector.
"""

from dataclasses import dataclass
from typing import final

import numpy as np

from alsmodels.kernels.arrays import Float
from alsmodels.kernels.blocks import SubjectBlocks
from alsmodels.kernels.coordinates import first_moves, second_moves, symmetric_basis, symmetric_root
from alsmodels.kernels.derivatives import Sums, curvature, sum_subjects
from alsmodels.kernels.likelihood import Profile, profile

__all__ = ["Optimum", "examine", "find_optimum"]

EM_STEPS = 2
MAX_STEPS = 200
MAX_REENTRIES = 10
SCORE_WANTED = 1e-9
SCORE_TOLERATED = 1e-5
# A gradient in S more negative than this, for each row of data, points back inside.
TRAP_TOLERANCE = 1e-9
# Standard deviations, over the residual one, that are no different from zero where the criterion agrees.
ZERO_SD = 1e-6
ROUNDING = 1e-9
# A score from which a whole Newton step can be expected to lead to the optimum.
NEAR = 0.01
# The vague prior standard deviation of the moment start, and the least variance it may start from.
VAGUE = 100.0
MOMENT_FLOOR = 1e-3


@final
@dataclass(frozen=True, slots=True, eq=False)
class Optimum:
    """Where the search ended, in the engine's coordinates.

    Attributes
    ----------
    sums : the likelihood there, with the sums its derivatives are made of
    hessian_values : shape (k,), eigenvalues of the Hessian in the symmetric root, ascending
    score : distance from the optimum in standard errors, ``sqrt(g'|H|^-1 g / 2)``; free of units
    n_steps : Newton steps taken
    reentries : how often a false boundary was left
    converged : whether the score is zero to tolerance and no direction leads down
    """

    sums: Sums
    hessian_values: Float
    score: float
    n_steps: int
    reentries: int
    converged: bool

    @property
    def profile(self) -> Profile:
        """The likelihood at the optimum."""
        return self.sums.at


@dataclass(frozen=True, slots=True, eq=False)
class _Point:
    """A point of the search with its quadratic model, in eigen-coordinates of the Hessian.

    Attributes
    ----------
    sums : the likelihood there, with the sums its derivatives are made of
    values, vectors : eigenvalues, shape (k,), and eigenvectors, shape (k, k), of the Hessian
    slopes : shape (k,), the gradient along the eigenvectors
    score : as in ``Optimum``
    """

    sums: Sums
    values: Float
    vectors: Float
    slopes: Float
    score: float

    @property
    def criterion(self) -> float:
        return self.sums.at.criterion

    @property
    def root(self) -> Float:
        return self.sums.at.root


@dataclass(frozen=True, slots=True, eq=False)
class _Search:
    """What does not change during the search: the data, the coordinates, and how S bends along them."""

    blocks: SubjectBlocks
    reml: bool
    basis: Float
    bends: Float

    @classmethod
    def over(cls, blocks: SubjectBlocks, *, reml: bool) -> "_Search":
        basis = symmetric_basis(blocks.template)
        return cls(blocks, reml, basis, second_moves(basis))

    def value(self, root: Float) -> Profile:
        return profile(root, self.blocks, reml=self.reml)

    def value_after(self, point: _Point, step: Float) -> Profile:
        return self.value(point.root + np.einsum("t,tab->ab", step, self.basis))

    def look(self, at: Profile) -> _Point:
        sums = sum_subjects(at)
        local = curvature(sums, first_moves(self.basis, at.root), self.bends)
        values, vectors = np.linalg.eigh(local.hessian)
        slopes = vectors.T @ local.gradient
        return _Point(sums, values, vectors, slopes, float(np.sqrt(np.sum(slopes**2 / _size(values)) / 2)))


def find_optimum(blocks: SubjectBlocks, *, reml: bool) -> Optimum:
    """Minimise the profiled criterion over the covariance of the random effects."""
    search = _Search.over(blocks, reml=reml)
    point = _warm_up(search)
    n_steps, reentries, inside = 0, 0, None
    while True:
        point, steps = _newton(point, search)
        point, n_steps = _drop_zeros(point, search), n_steps + steps
        inside = _leave_trap(point, search)
        if inside is None or reentries == MAX_REENTRIES:
            break
        point, reentries = inside, reentries + 1
    return Optimum(
        sums=point.sums,
        hessian_values=point.values,
        score=point.score,
        n_steps=n_steps,
        reentries=reentries,
        converged=point.score < SCORE_TOLERATED and inside is None,
    )


def examine(root: Float, blocks: SubjectBlocks, *, reml: bool, tolerance: float) -> Optimum:
    """Look at a point found by other means, ``S = root root'``, as if the search had ended there."""
    search = _Search.over(blocks, reml=reml)
    point = search.look(search.value(root))
    inside = _leave_trap(point, search)
    is_trap = inside is not None and inside.criterion < point.criterion - tolerance**2
    return Optimum(point.sums, point.values, point.score, 0, 0, converged=point.score < tolerance and not is_trap)


def _warm_up(search: _Search) -> _Point:
    """The better of a neutral start and moments, improved by EM.

    One step of EM is ``S - S G S / m`` with G the gradient in S (Laird & Ware 1982, rewritten).
    """
    template = search.blocks.template
    starts = [search.value(np.eye(template.n_effects)), search.value(_moments(search))]
    point = search.look(min(starts, key=lambda start: start.criterion))
    for _ in range(EM_STEPS):
        S = point.root @ point.root
        moved = S - S @ point.sums.gradient_S @ S / search.blocks.n_subjects
        trial = search.value(symmetric_root(moved, template, floor=1e-8))
        if not trial.criterion < point.criterion:
            break
        point = search.look(trial)
    return point


def _moments(search: _Search) -> Float:
    """MINQUE with the vague prior weight ``S0 = VAGUE^2 I`` (Rao 1972), its eigenvalues kept above a floor.

    ``sum B_i S B_i = sum e_i e_i' / sigma^2 - sum (B_i - B_i S0 B_i)`` is linear in S.
    """
    q = search.blocks.template.n_effects
    vague = search.value(VAGUE * np.eye(q))
    sums = sum_subjects(vague)
    spent = max(vague.dof - search.blocks.n_subjects * q, 0.1 * vague.dof) / vague.dof
    pairs = sums.pairs[0]
    right = -sums.rss_S / vague.sigma2 * spent - vague.B.sum(axis=0) + VAGUE**2 * np.einsum("abbd->ad", pairs)
    left = pairs.transpose(0, 3, 1, 2).reshape(q * q, q * q)
    S = np.linalg.lstsq(left, right.ravel(), rcond=None)[0].reshape(q, q)
    return symmetric_root(0.5 * (S + S.T), search.blocks.template, floor=MOMENT_FLOOR)


def _newton(point: _Point, search: _Search) -> tuple[_Point, int]:
    """Trust-region Newton steps judged by the criterion, and whole ones judged by the score once that is small."""
    radius = 1.0 + float(np.linalg.norm(point.root))
    for count in range(MAX_STEPS):
        if point.score < SCORE_WANTED:
            return point, count
        polished = _polish(point, search)
        if polished is not None:
            point = polished
            continue
        step, predicted = _step(point, radius)
        if predicted < ROUNDING:
            return point, count
        trial = search.value_after(point, step)
        ratio, length = (point.criterion - trial.criterion) / predicted, float(np.linalg.norm(step))
        if ratio < 0.25:
            radius = 0.25 * length
        elif ratio > 0.75:
            radius = max(radius, 3.0 * length)
        if ratio > 0.05:
            point = search.look(trial)
    return point, MAX_STEPS


def _polish(point: _Point, search: _Search) -> _Point | None:
    """The point a whole Newton step away, if the score is small and is halved there: rounding may hide the gain."""
    if point.score > NEAR:
        return None
    step, _ = _step(point, np.inf)
    trial = search.value_after(point, step)
    polished = search.look(trial) if trial.is_finite else point
    return polished if polished.score < 0.5 * point.score else None


def _step(point: _Point, radius: float) -> tuple[Float, float]:
    """The Newton step on |H| of length at most ``radius``, and the fall of the criterion it predicts."""
    size, slopes = _size(point.values), point.slopes
    shift = 0.0
    if np.linalg.norm(slopes / size) > radius:
        low, shift = 0.0, float(np.linalg.norm(slopes)) / radius
        for _ in range(20):
            middle = 0.5 * (low + shift)
            low, shift = (middle, shift) if np.linalg.norm(slopes / (size + middle)) > radius else (low, middle)
    along = -slopes / (size + shift)
    return point.vectors @ along, float(-(slopes @ along) - 0.5 * np.sum(point.values * along**2))


def _size(values: Float) -> Float:
    """|eigenvalues|, kept away from zero."""
    size = np.abs(values)
    return np.maximum(size, 1e-10 * max(float(size.max()), 1e-8))


def _drop_zeros(point: _Point, search: _Search) -> _Point:
    """Set to zero the eigenvalues of the root that are zero to rounding, if the criterion does not mind."""
    root, found = np.zeros_like(point.root), False
    for block in search.blocks.template.blocks:
        values, vectors = np.linalg.eigh(point.root[block, block])
        zero = np.abs(values) < ZERO_SD
        found = found or bool(np.any(np.abs(values[zero]) > 1e-15))
        root[block, block] = vectors * np.where(zero, 0.0, values) @ vectors.T
    if not found:
        return point
    trial = search.value(root)
    return search.look(trial) if trial.criterion <= point.criterion + ROUNDING else point


def _leave_trap(point: _Point, search: _Search) -> _Point | None:
    """A lower point inside the boundary, or None where the boundary is the optimum."""
    gradient, S = point.sums.gradient_S, point.root @ point.root
    for block in search.blocks.template.blocks:
        values, vectors = np.linalg.eigh(gradient[block, block])
        if values[0] > -TRAP_TOLERANCE * search.blocks.n_obs:
            continue
        inward = np.zeros_like(S)
        inward[block, block] = np.outer(vectors[:, 0], vectors[:, 0])
        for size in (1.0, 0.1, 0.01, 1e-3, 1e-4, 1e-6):
            trial = search.value(symmetric_root(S + size * inward, search.blocks.template))
            if trial.criterion < point.criterion - ROUNDING:
                return search.look(trial)
    return None
