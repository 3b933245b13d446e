"""The minimum of the profiled criterion over the covariance of the random effects.

Two drivers turn the same search by the same evaluations: one compiled as a whole, for as many patterns of subjects as a
thread takes at a time, and one that spreads the evaluation over threads.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import final

import numpy as np

from alsmodels.kernels.arrays import Float, Int
from alsmodels.kernels.blocks import SubjectBlocks
from alsmodels.kernels.compiling import njit
from alsmodels.kernels.coordinates import second_moves, symmetric_basis
from alsmodels.kernels.covariance import covariance_template
from alsmodels.kernels.derivatives import Curvature, Products, Sums, add_products, contract, make_products
from alsmodels.kernels.frames import find_frame
from alsmodels.kernels.likelihood import Reduced, accumulate, finish, make_workspace
from alsmodels.kernels.ranges import over_ranges
from alsmodels.kernels.search import begin, digest, start_at, weigh
from alsmodels.kernels.state import (
    ACCEPTED,
    DONE,
    PHASE,
    REENTRIES,
    SEARCHES,
    SPLIT,
    STEPS,
    TRAPPED,
    Evaluation,
    Guide,
    make_guide,
)
from alsmodels.kernels.steps import look

__all__ = [
    "SCORE_TOLERATED",
    "Optimum",
    "Profile",
    "differentiate",
    "directions",
    "evaluate",
    "examine",
    "find_optimum",
    "search_here",
]

# Patterns that a thread takes at a time; up to so many the search is one compiled call.
RANGE = 2048
SCORE_TOLERATED = 1e-5


@final
@dataclass(frozen=True, slots=True, eq=False)
class Profile:
    """The likelihood at one S, with beta and sigma^2 profiled out; all in the engine's coordinates.

    Attributes
    ----------
    criterion : float
        Minus twice the profiled log (restricted) likelihood of the user's data; inf where it is not finite.
    beta : ndarray of shape (p,)
    sigma2 : float
        Residual variance.
    dof : int
        ``n - p`` for REML, ``n`` for ML.
    beta_root : ndarray of shape (p, p)
        Upper triangular ``R_X^-1``; ``Var(beta~) = sigma2 R_X^-1 R_X^-T``.
    vectors, sizes : ndarray of shape (q, q) and (q,)
        ``S = U diag(s)^2 U'``.
    sums : Sums
        What the derivatives are made of.
    reml : bool
        Restricted likelihood or not.
    """

    criterion: float
    beta: Float
    sigma2: float
    dof: int
    beta_root: Float
    vectors: Float
    sizes: Float
    sums: Sums
    reml: bool

    @property
    def is_finite(self) -> bool:
        """Whether the likelihood exists here."""
        return bool(np.isfinite(self.criterion))

    @property
    def root(self) -> Float:
        """The symmetric root of S, shape (q, q)."""
        return np.asarray(self.vectors * self.sizes @ self.vectors.T)

    @property
    def gradient_S(self) -> Float:
        """The gradient of the criterion in S, shape (q, q)."""
        along = self.sums.logdet_S + self.sums.rss_S / self.sigma2
        return np.asarray(self.vectors @ along @ self.vectors.T)


@final
@dataclass(frozen=True, slots=True, eq=False)
class Optimum:
    """Where the search ended, in the engine's coordinates.

    Attributes
    ----------
    profile : Profile
        The likelihood there.
    hessian_values : ndarray of shape (k,)
        Eigenvalues of the Hessian in the symmetric root, ascending.
    score : float
        Distance from the optimum in standard errors, ``sqrt(g'|H|^-1 g / 2)``; free of units.
    n_steps : int
        Newton steps taken, in all searches.
    reentries : int
        How often a false boundary was left.
    n_searches : int
        Searches made, each from a start of its own.
    is_split : bool
        Whether they ended at different places; then this is the lowest.
    converged : bool
        Whether the score is zero to tolerance and no direction leads down.
    """

    profile: Profile
    hessian_values: Float
    score: float
    n_steps: int
    reentries: int
    n_searches: int
    is_split: bool
    converged: bool


def find_optimum(blocks: SubjectBlocks, *, reml: bool) -> Optimum:
    """Minimise the profiled criterion over the covariance of the random effects."""
    guide, data = _guide(blocks, reml=reml), _reduced(blocks)
    drive = search_here if len(blocks.counts) <= RANGE else _search_in_threads
    found, counters = drive(data, blocks.wtw, guide)
    return _conclude(found, counters, guide, tolerance=SCORE_TOLERATED)


def examine(root: Float, blocks: SubjectBlocks, *, reml: bool, tolerance: float) -> Optimum:
    """Look at a point found by other means, the symmetric root of its S, as if the search had ended there."""
    guide, data = _guide(blocks, reml=reml)._replace(n_searches=1), _reduced(blocks)
    found = _evaluate(root, data, blocks.wtw, guide)
    search = start_at(guide, found)
    while search.counters[PHASE] != DONE:
        inside = _evaluate(search.proposal, data, blocks.wtw, guide)
        if inside.criterion < found.criterion - tolerance**2:
            break
        digest(search, guide, inside)
    return _conclude(found, search.counters, guide, tolerance=tolerance)


def evaluate(root: Float, blocks: SubjectBlocks, *, reml: bool) -> Profile:
    """The profiled criterion at ``S = root root``, root symmetric, shape (q, q)."""
    guide, data = _guide(blocks, reml=reml), _reduced(blocks)
    return _profile(_evaluate(root, data, blocks.wtw, guide), guide)


def differentiate(at: Profile, first: Float, second: Float) -> Curvature:
    """First and second derivatives along k directions of S.

    Parameters
    ----------
    at : Profile
        The point.
    first : ndarray of shape (k, q, q)
        ``dS`` for each parameter.
    second : ndarray of shape (k, k, q, q)
        ``d2S`` for each pair of them.
    """
    U = at.vectors
    logdet_g, rss_g, logdet_h, rss_h, change = contract(U.T @ first @ U, U.T @ second @ U, at.sums, at.reml)
    return Curvature(logdet_g, rss_g, logdet_h, rss_h, change, rss=at.sigma2 * at.dof, dof=at.dof)


def _guide(blocks: SubjectBlocks, *, reml: bool) -> Guide:
    scaling, sizes = blocks.scaling, (blocks.n_obs, blocks.n_subjects, blocks.n_fixed)
    weighted, moves = blocks.log_weights != 0.0, directions(blocks.template.sizes)
    guide: Guide = make_guide(*moves, sizes, scaling.size, scaling.logdet_x, weighted, reml)
    return guide._replace(constant=guide.constant - blocks.log_weights)


@lru_cache
def directions(sizes: tuple[int, ...]) -> tuple[Float, Float, Int]:
    """The first three fields of a ``Guide``, which depend on the sizes of the blocks alone."""
    template = covariance_template(sizes)
    basis = symmetric_basis(template)
    return basis, second_moves(basis), template.edges


def _reduced(blocks: SubjectBlocks) -> Reduced:
    return Reduced(blocks.ztz, blocks.ztx, blocks.zty, blocks.spread, blocks.counts)


def _search_in_threads(data: Reduced, wtw: Float, guide: Guide) -> tuple[Evaluation, Int]:
    """Where the search ends, and its counters."""
    search, accepted = begin(guide), 0
    while search.counters[PHASE] != DONE:
        found = _evaluate(search.proposal, data, wtw, guide)
        digest(search, guide, found)
        if search.counters[ACCEPTED] > accepted:
            best, accepted = found, search.counters[ACCEPTED]
    is_best = search.counters[ACCEPTED] > 0
    return best if is_best else _evaluate(search.root, data, wtw, guide), search.counters


def _evaluate(root: Float, data: Reduced, wtw: Float, guide: Guide) -> Evaluation:
    """One evaluation, in threads where there are many patterns."""
    out, frame, g = make_workspace(data), find_frame(root, guide.edges), len(data.counts)
    heads = over_ranges(lambda a, b: _take_range(a, b, frame, data, out, len(wtw)), g, RANGE)
    fixed = finish(sum((part for _, part in heads), wtw.copy()))
    tails = over_ranges(lambda a, b: _multiply_range(a, b, data.counts, out, fixed), g, RANGE)
    products = Products(*(np.sum(parts, axis=0) for parts in zip(*tails, strict=True)))
    found: Evaluation = weigh(sum(logdet for logdet, _ in heads), fixed, frame, products, guide)
    return found


def _conclude(found: Evaluation, counters: Int, guide: Guide, *, tolerance: float) -> Optimum:
    values, _, _, score = look(guide, found)
    return Optimum(
        profile=_profile(found, guide),
        hessian_values=values,
        score=float(score),
        n_steps=int(counters[STEPS]),
        reentries=int(counters[REENTRIES]),
        n_searches=int(counters[SEARCHES]),
        is_split=bool(counters[SPLIT]),
        converged=bool(score < tolerance) and not counters[TRAPPED],
    )


def _profile(found: Evaluation, guide: Guide) -> Profile:
    return Profile(
        criterion=found.criterion,
        beta=found.beta,
        sigma2=found.rss / guide.dof,
        dof=guide.dof,
        beta_root=found.beta_root,
        vectors=found.frame.vectors,
        sizes=found.frame.sizes,
        sums=found.sums,
        reml=guide.reml,
    )


def count_search_steps(data: Reduced, _wtw: Float, guide: Guide) -> float:
    """Steps of `search_here`: some fifteen evaluations for each search, of the patterns and of the model alone."""
    (q, p, g), k, t = data.ztx.shape, len(guide.basis), data.ztx.shape[0] * (data.ztx.shape[0] + 1) // 2
    pattern = 6 * q**3 + 3 * q**2 * p + q * p**2 / 2 + 3 * t**2 + (q * p) ** 2 / 2
    return float(15 * guide.n_searches * (g * pattern + 8 * (k * q) ** 2 + 3 * q**4 + (q * p) ** 2 + 500))


@njit(cache=True, nogil=True, optimise=2, seconds=30.0, steps=count_search_steps)
def search_here(data, wtw, guide):  # type: ignore[no-untyped-def]  # numba infers the types
    """The whole search in one compiled call: where it ends, and its counters."""
    search, out, accepted = begin(guide), make_workspace(data), 0
    while True:
        frame, W, g = find_frame(search.proposal, guide.edges), wtw.copy(), len(data.counts)
        logdet = accumulate(0, g, frame.vectors, frame.sizes, data, out, W)
        fixed, products = finish(W), make_products(data.ztx.shape[0], data.ztx.shape[1])
        add_products(0, g, data.counts, out, fixed, products)
        found = weigh(logdet, fixed, frame, products, guide)
        if search.counters[PHASE] == DONE:
            return found, search.counters
        digest(search, guide, found)
        if search.counters[ACCEPTED] > accepted:
            best, accepted = found, search.counters[ACCEPTED]
        if search.counters[PHASE] == DONE:
            if search.counters[ACCEPTED] > 0:
                return best, search.counters
            search.proposal[:] = search.root


@njit(cache=True, nogil=True)
def _take_range(start, stop, frame, data, out, size):  # type: ignore[no-untyped-def]  # numba infers the types
    W = np.zeros((size, size))
    return accumulate(start, stop, frame.vectors, frame.sizes, data, out, W), W


@njit(cache=True, nogil=True)
def _multiply_range(start, stop, counts, out, fixed):  # type: ignore[no-untyped-def]  # numba infers the types
    products = make_products(out.F.shape[0], out.F.shape[1])
    add_products(start, stop, counts, out, fixed, products)
    return products
