"""Where searches start: from moments; and where one search is not trusted, from places that lie far apart.

The criterion is not convex. It may have several optima, nearly always on the boundary, with different null spaces.
Searches from many places find the lowest more often than one does, without a proof: a number of searches is made, and
several times as many if they do not all end at the same optimum.
"""

import numpy as np

from alsmodels.kernels.compiling import njit
from alsmodels.kernels.frames import diagonalise_blocks, norm, set_diagonal, take_root, turn
from alsmodels.kernels.state import (
    ACCEPTED,
    ASKED,
    AT_MOMENTS,
    AT_START,
    CRITERION,
    KEPT_CRITERION,
    KEPT_TRAPPED,
    NOTHING,
    PHASE,
    ROUNDING,
    SCORE,
    SEARCHES,
    SPLIT,
    TRAPPED,
)
from alsmodels.kernels.triangular import factorise, solve_lower, solve_upper

__all__ = ["VAGUE", "propose_moments", "propose_neutral", "search_again"]

# The vague prior standard deviation of the moments, and the least variance that their start may have.
VAGUE = 100.0
MOMENT_FLOOR = 1e-3
# How many times as many searches are made if they do not agree.
MORE = 4
# Ends whose criteria differ by no more are one end.
SAME = 1e-6
# Standard deviations over the residual one, of all effects at starts that know nothing of the data.
NEUTRAL, LARGE = 0.1, 100.0
# And of the effects that were and were not there where the lowest search ended, at the start opposite to it.
FADED, ROUSED = 0.01, 1.0
ABSENT = 1e-3
# At random they are powers of ten: large ones, from which the way down is more often to the lowest optimum.
LOWEST_POWER, POWERS = 0.5, 2.5


@njit(cache=True, nogil=True, optimise=1)
def propose_moments(search, guide, found):  # type: ignore[no-untyped-def]  # edits the search
    """MINQUE with the vague prior weight ``S0 = VAGUE^2 I`` (Rao 1972), its eigenvalues kept above a floor.

    ``sum B_i S B_i = sum e_i e_i' / sigma^2 - sum (B_i - B_i S0 B_i)`` is linear in S, here along the basis. S0 has the
    frame of the data.
    """
    k, q = guide.basis.shape[0], guide.basis.shape[1]
    left, right, S = np.zeros((k, k)), np.zeros((k, 1)), np.zeros((q, q))
    spent = max(guide.dof - guide.n_subjects * q, 0.1 * guide.dof) / found.rss
    for a in range(q):
        for d in range(q):
            total = -found.sums.rss_S[a, d] * spent - found.sums.B_S[a, d]
            for b in range(q):
                total += VAGUE**2 * found.sums.pairs[0, a, b, b, d]
                for c in range(q):
                    for s in range(k):
                        for t in range(k):
                            weight = guide.basis[s, b, c] * guide.basis[t, d, a]
                            left[s, t] += weight * found.sums.pairs[0, a, b, c, d]
            for s in range(k):
                right[s, 0] += guide.basis[s, a, d] * total
    solved = factorise(left)
    if solved:
        solve_lower(left, right)
        solve_upper(left, right)
    for t in range(k):
        for a in range(q):
            for b in range(q):
                S[a, b] += guide.basis[t, a, b] * right[t, 0]
    if not (solved and np.isfinite(norm(right[:, 0]))):
        set_diagonal(S, 1.0)
    take_root(S, guide.edges, MOMENT_FLOOR, search.proposal)
    search.counters[PHASE] = AT_MOMENTS


@njit(cache=True, nogil=True, optimise=1)
def propose_neutral(search):  # type: ignore[no-untyped-def]  # edits the search
    """A start that is inside, though near to no random effects at all."""
    set_diagonal(search.proposal, NEUTRAL)
    search.counters[PHASE] = AT_START
    return ASKED


@njit(cache=True, nogil=True, optimise=1)
def search_again(search, guide):  # type: ignore[no-untyped-def]  # edits the search
    """Keep the lowest end; search once more from another start if that is called for."""
    here, kept = search.numbers[CRITERION], search.numbers[KEPT_CRITERION]
    search.counters[SEARCHES] += 1
    if search.counters[SEARCHES] > 1 and abs(here - kept) > SAME:
        search.counters[SPLIT] = 1
    if here < kept - ROUNDING:
        search.kept[:], search.numbers[KEPT_CRITERION] = search.root, here
        search.counters[KEPT_TRAPPED] = search.counters[TRAPPED]
    if search.counters[SEARCHES] < guide.n_searches * (MORE if search.counters[SPLIT] == 1 else 1):
        search.numbers[CRITERION] = search.numbers[SCORE] = np.inf
        return _propose_start(search, guide)
    if here > search.numbers[KEPT_CRITERION]:
        search.root[:] = search.kept
        search.counters[ACCEPTED] = 0  # the end is not the point that was accepted last
        search.counters[TRAPPED] = search.counters[KEPT_TRAPPED]
    return NOTHING


@njit(cache=True, nogil=True, optimise=1)
def _propose_start(search, guide):  # type: ignore[no-untyped-def]  # edits the search
    number = search.counters[SEARCHES]
    if number == 1:
        return propose_neutral(search)
    if number == 2:
        set_diagonal(search.proposal, LARGE)
    elif number == 3:
        _turn_about(search, guide)
    else:
        _scatter(search, guide, number)
    search.counters[PHASE] = AT_START
    return ASKED


@njit(cache=True, nogil=True, optimise=1)
def _turn_about(search, guide):  # type: ignore[no-untyped-def]  # edits the search
    """The opposite of the lowest end: the effects that were absent there are there, and the others nearly absent."""
    values, vectors = diagonalise_blocks(search.kept, guide.edges)
    absent, q = ABSENT * max(1.0, np.abs(values).max()), len(values)
    sizes = np.zeros((q, q))
    for a in range(q):
        sizes[a, a] = ROUSED if abs(values[a]) < absent else FADED
    turn(sizes, vectors, search.proposal)


@njit(cache=True, nogil=True, optimise=1)
def _scatter(search, guide, number):  # type: ignore[no-untyped-def]  # edits the search
    """A root at random, the same for the same number; a linear congruential generator (Knuth 1997, 3.3.4) is enough."""
    q, state = len(search.sizes), np.uint64(number)
    symmetric, sizes = np.zeros((q, q)), np.zeros((q, q))
    for a in range(q):
        for b in range(a + 2):
            state = state * np.uint64(6364136223846793005) + np.uint64(1442695040888963407)
            share = (state >> np.uint64(11)) * 2.0**-53
            if b <= a:
                symmetric[a, b] = symmetric[b, a] = share - 0.5
            else:
                sizes[a, a] = 10.0 ** (LOWEST_POWER + POWERS * share)
    _, vectors = diagonalise_blocks(symmetric, guide.edges)
    turn(sizes, vectors, search.proposal)
