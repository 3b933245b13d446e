"""A look behind the boundary: variances that are zero to rounding, and points that only look like an optimum."""

import numpy as np

from alsmodels.kernels.compiling import njit
from alsmodels.kernels.frames import diagonal_of, diagonalise_blocks, take_root, turn
from alsmodels.kernels.state import (
    ASKED,
    AT_INSIDE,
    AT_ZEROS,
    NOTHING,
    PHASE,
    REENTRIES,
    SEARCHES,
    TRAPPED,
    TRIES,
    TRY_INSIDE,
    TRY_TRAP,
)

__all__ = ["find_trap", "propose_inside", "propose_zeros"]

# Standard deviations, over the residual one, that are no different from zero where the criterion agrees.
ZERO_SD = 1e-6
# How often each search may be taken back inside.
MAX_REENTRIES = 10
# A gradient in S more negative than this, for each row of data, points back inside.
TRAP_TOLERANCE = 1e-9
# How far inside is tried, in units of the residual variance.
INWARD = (1.0, 0.1, 0.01, 1e-3, 1e-4, 1e-6)


@njit(cache=True, nogil=True, optimise=1)
def propose_zeros(search):  # type: ignore[no-untyped-def]  # edits the search
    """Set to zero the eigenvalues of the root that are zero to rounding, if the criterion does not mind."""
    kept, found = diagonal_of(search.sizes), False
    for a in range(len(kept)):
        if search.sizes[a] < ZERO_SD:
            found = found or search.sizes[a] > 0.0
            kept[a, a] = 0.0
    if not found:
        return TRY_TRAP
    turn(kept, search.vectors, search.proposal)
    search.counters[PHASE] = AT_ZEROS
    return ASKED


@njit(cache=True, nogil=True, optimise=1)
def find_trap(search, guide):  # type: ignore[no-untyped-def]  # edits the search
    """Look for the block whose gradient points back inside most."""
    search.counters[TRIES] = search.counters[TRAPPED] = 0
    worst, q = -TRAP_TOLERANCE * guide.n_obs, len(search.sizes)
    values, axes = diagonalise_blocks(search.gradient_S, guide.edges)
    outer = np.empty((q, q))
    for place in guide.edges[:-1]:
        if values[place] < worst:
            worst = values[place]
            search.counters[TRAPPED] = 1
            for a in range(q):
                for b in range(q):
                    outer[a, b] = axes[a, place] * axes[b, place]
            turn(outer, search.vectors, search.inward)
    may_leave = search.counters[REENTRIES] < MAX_REENTRIES * (1 + search.counters[SEARCHES])
    return TRY_INSIDE if search.counters[TRAPPED] == 1 and may_leave else NOTHING


@njit(cache=True, nogil=True, optimise=1)
def propose_inside(search, guide):  # type: ignore[no-untyped-def]  # edits the search
    """The next point inside the boundary; where none was lower, what looked like a trap is none."""
    tries, q = search.counters[TRIES], len(search.sizes)
    if tries == len(INWARD):
        search.counters[TRAPPED] = 0
        return NOTHING
    S, squares = np.empty((q, q)), diagonal_of(search.sizes)
    for a in range(q):
        squares[a, a] *= squares[a, a]
    turn(squares, search.vectors, S)
    for a in range(q):
        for b in range(q):
            S[a, b] += INWARD[tries] * search.inward[a, b]
    take_root(S, guide.edges, 0.0, search.proposal)
    search.counters[TRIES] = tries + 1
    search.counters[PHASE] = AT_INSIDE
    return ASKED
