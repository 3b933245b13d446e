"""What the data cannot tell apart where the likelihood is flat: a matter of the visits, not of the response.

The covariance of a subject's values, over that of the residual, is ``V_i = d I + Z_i S Z_i'``, linear in S and d. What
moves S and d but no V_i cannot be seen in any response: it is in the null space of the cross-products

    sum_i tr(dV_i dV_i') = sum_i tr(D A_i D A_i) + 2 d tr(D A_i) + d^2 n_i,   A_i = Z_i'Z_i.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import solve_triangular

from alsmodels.kernels.blocks import SubjectBlocks

__all__ = ["list_names", "name_confounded", "scaled_covariance"]

Matrix = NDArray[np.float64]

# Eigenvalues of the cross-products, each parameter scaled to one, that are no different from zero.
NULL = 1e-6
# How much of a parameter must lie in the null space for it to be named.
SHARE = 1e-6


def name_confounded(blocks: SubjectBlocks, names: Sequence[str]) -> str:
    """The sentence on a flat likelihood: what these data cannot tell apart, and what to do."""
    hidden, template, q = _hidden(blocks), blocks.template, blocks.template.n_effects
    places = list(zip(template.rows, template.cols, hidden[:-1], strict=True))
    effects = [names[a] for a, b, is_hidden in places if a == b and is_hidden]
    pairs = [(names[b], names[a]) for a, b, is_hidden in places if a != b and is_hidden]
    if not hidden.any() and blocks.n_subjects <= blocks.n_fixed:
        return f"the likelihood is flat: {_saturated(blocks.n_subjects, names)}"
    if not hidden.any():  # nothing in the visits: too few of them, with this response
        effects, pairs, hidden[-1] = [names[a] for a in range(q)], [], True
    return f"the likelihood is flat: {_sentence(effects, pairs, residual=bool(hidden[-1]))}"


def scaled_covariance(root: Matrix, blocks: SubjectBlocks) -> Matrix:
    """S, shape (q, q), of the user's effects, each column of Z over its root mean square."""
    half = np.linalg.solve(_to_unit(blocks), root)
    return np.asarray(half @ half.T)


def list_names(names: Sequence[str]) -> str:
    """Names as a sentence has them: a, b and c."""
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def _to_unit(blocks: SubjectBlocks) -> Matrix:
    """K, shape (q, q), with ``Z~ K`` the user's Z, each column over its root mean square."""
    inverse = solve_triangular(blocks.scaling.z_factor, np.eye(blocks.template.n_effects), lower=True)
    return np.asarray(inverse / np.sqrt(np.sum(inverse**2, axis=0)))


def _hidden(blocks: SubjectBlocks) -> NDArray[np.bool_]:
    """Which elements of S, and in the last place whether d, can move without any V_i moving; shape (k + 1,)."""
    template, K = blocks.template, _to_unit(blocks)
    A = np.einsum("ca,cdg,db->gab", K, blocks.ztz, K)
    moves = np.zeros((template.n_theta, template.n_effects, template.n_effects))
    each = np.arange(template.n_theta)
    moves[each, template.rows, template.cols] = moves[each, template.cols, template.rows] = 1.0
    along = np.einsum("kab,gbc->kgac", moves, A)
    products = np.empty((template.n_theta + 1,) * 2)
    products[:-1, :-1] = np.einsum("kgab,lgba,g->kl", along, along, blocks.counts)
    products[-1, :-1] = products[:-1, -1] = np.einsum("kgaa,g->k", along, blocks.counts)
    products[-1, -1] = blocks.n_obs
    size = np.sqrt(np.maximum(np.diagonal(products), NULL**2 * blocks.n_obs))
    values, axes = np.linalg.eigh(products / np.outer(size, size))
    return np.asarray(np.sum(axes[:, values < NULL] ** 2, axis=1) > SHARE)


def _saturated(n_subjects: int, names: Sequence[str]) -> str:
    """The sentence where the fixed effects tell every subject from the others, as with one in each arm."""
    variances = f"variance{'s' if len(names) > 1 else ''} of {list_names(names)}"
    return (
        f"there are {n_subjects} subjects, and the fixed effects tell each from the others, as they do with one "
        f"subject in each arm, so that nothing is left to see the {variances} in. It takes more subjects in an arm; "
        "with these, take the arm, or the random effects, out."
    )


def _sentence(effects: list[str], pairs: list[tuple[str, str]], *, residual: bool) -> str:
    """What cannot be told apart: variances of effects, or covariances where no variance is, and the residual."""
    if not effects:
        covariances = " and ".join(f"the covariance of {list_names(pair)}" for pair in pairs)
        return f"these data say nothing of {covariances}. Take it out with '||'."
    variances = f"variance{'s' if len(effects) > 1 else ''} of {list_names(effects)}"
    if residual:
        return (
            f"these data cannot tell the {variances} from that of the residual. "
            "Subjects need more visits than random effects; take a random effect out."
        )
    if len(effects) > 1:
        return f"these data cannot tell the {variances} apart. Take one of these effects out."
    others = list(dict.fromkeys(name for pair in pairs for name in pair if name not in effects))
    return (
        f"these data cannot tell the {variances} from its covariance with {list_names(others)}. "
        "Take the effect out, or its correlations with '||'."
    )
