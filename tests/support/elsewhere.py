"""Searches from other starts than a fit's own, through the parts of the engine: is there a lower optimum elsewhere?"""

import numpy as np

from alsmodels.kernels import optimum, state
from alsmodels.kernels.search import begin, digest

# Ends with less residual variance are where the likelihood has no maximum.
RESIDUAL = 1e-8


def lowest_elsewhere(blocks, *, reml, rng, n_searches=6):
    """The lowest criterion at which searches from random starts end; inf if all end where nothing is left."""
    guide = optimum._guide(blocks, reml=reml)._replace(n_searches=1)
    ends = [_search(_random_root(blocks.template.blocks, rng), guide, blocks) for _ in range(n_searches)]
    return min(criterion if residual > RESIDUAL else np.inf for criterion, residual in ends)


def _random_root(blocks, rng):
    """Eigenvalues from a thousandth to ten thousand residual standard deviations, eigenvectors in any direction."""
    root = np.zeros((blocks[-1].stop,) * 2)
    for block in blocks:
        size = block.stop - block.start
        vectors = np.linalg.qr(rng.normal(size=(size, size)))[0]
        root[block, block] = vectors * 10.0 ** rng.uniform(-3, 4, size) @ vectors.T
    return (root + root.T) / 2


def _search(root, guide, blocks):
    search, data = begin(guide), optimum._reduced(blocks)
    search.proposal[:] = root
    search.counters[state.PHASE] = state.AT_START
    while search.counters[state.PHASE] != state.DONE:
        digest(search, guide, optimum._evaluate(search.proposal, data, blocks.wtw, guide))
    return search.numbers[state.CRITERION], search.numbers[state.RESIDUAL]
