"""The optimum from dense matrices in extended precision: a road that shares nothing with the kernels.

Each subject's ``V_i = R_i + Z_i S Z_i'`` is written out and taken apart by Gaussian elimination, many candidates for S
and all subjects at a time. Gradients are by complex steps, Hessians by differences of those. Columns of [X, y] and of Z
are made orthogonal first, in the same precision, so that no units and no origin of time cost a digit.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

REAL = np.longdouble
IS_EXTENDED = bool(np.finfo(REAL).eps < 1e-18)


class Padded(NamedTuple):
    """The data, a slab of rows for each subject, short ones filled up with rows of zeros.

    Attributes
    ----------
    W : shape (m, r, p + 1), an orthogonal basis of [X, y]
    Z : shape (m, r, q), an orthogonal basis of each block of Z
    noise : shape (m, r), the diagonal of R_i; ones in the rows that fill up
    to_w, to_z : shapes (p + 1, p + 1) and (q, q), ``[X, y] = W to_w`` and ``Z_user = Z to_z``
    sizes : of the blocks of Z
    n_obs : rows of data
    reml : restricted likelihood or not
    """

    W: np.ndarray
    Z: np.ndarray
    noise: np.ndarray
    to_w: np.ndarray
    to_z: np.ndarray
    sizes: tuple
    n_obs: int
    reml: bool


@dataclass(frozen=True)
class Exact:
    """The optimum in the user's units.

    Attributes
    ----------
    criterion : -2 log (restricted) likelihood
    beta, std_error : shape (p,)
    covariance : shape (q, q), of the random effects
    sigma : residual standard deviation
    score : what is left of the way to the optimum, in standard errors
    """

    criterion: np.longdouble
    beta: np.ndarray
    std_error: np.ndarray
    covariance: np.ndarray
    sigma: np.longdouble
    score: np.longdouble


def pad(design, *, reml, dtype=REAL):
    """The arrays of a design as slabs."""
    Xy = np.column_stack([design.X, design.y]).astype(dtype)
    W, to_w = orthogonalise(Xy)
    Z, to_z = np.empty(design.Z.shape, dtype), np.zeros((design.Z.shape[1],) * 2, dtype)
    for block in design.template.blocks:
        Z[:, block], to_z[block, block] = orthogonalise(design.Z[:, block].astype(dtype))
    noise = np.ones(design.n_obs, dtype) if design.weights is None else 1 / design.weights.astype(dtype)
    m, visits = design.n_subjects, np.diff(design.starts)
    place = design.codes, np.arange(design.n_obs) - design.starts[design.codes]
    slabs = [np.zeros((m, visits.max(), size), dtype) for size in (W.shape[1], Z.shape[1])]
    slabs[0][place], slabs[1][place] = W, Z
    padded_noise = np.ones((m, visits.max()), dtype)
    padded_noise[place] = noise
    return Padded(*slabs, padded_noise, to_w, to_z, design.template.sizes, design.n_obs, reml)


def orthogonalise(X):
    """Q, R with ``X = Q R``, ``Q'Q = n I``, R upper triangular: Gram-Schmidt, each column taken twice."""
    n, p = X.shape
    Q, R = X.copy(), np.zeros((p, p), X.dtype)
    for j in range(p):
        for _ in range(2):
            shares = (Q[:, :j] * Q[:, j, None]).sum(axis=0) / n
            Q[:, j] -= (Q[:, :j] * shares).sum(axis=1)
            R[:j, j] += shares
        R[j, j] = np.sqrt((Q[:, j] ** 2).sum() / n)
        Q[:, j] /= R[j, j]
    return Q, R


def eliminate(A, U):
    """Gaussian elimination in A, shape (..., r, r), carried out on U, shape (..., r, c); both are overwritten."""
    for j in range(A.shape[-1] - 1):
        ratio = A[..., j + 1 :, j] / A[..., j, j, None]
        A[..., j + 1 :, j:] -= ratio[..., None] * A[..., j, None, j:]
        U[..., j + 1 :, :] -= ratio[..., None] * U[..., j, None, :]
    return np.diagonal(A, axis1=-2, axis2=-1)


def solve(A, U):
    """``A^-1 U`` for a positive definite A, shape (r, r), and the pivots."""
    A, U = A.copy(), U.copy()
    pivots = eliminate(A, U).copy()
    for row in range(len(A) - 1, -1, -1):
        U[row] = (U[row] - (A[row, row + 1 :, None] * U[row + 1 :]).sum(axis=0)) / A[row, row]
    return U, pivots


def products(roots, data):
    """``W'V^-1 W``, shape (b, p + 1, p + 1), and log|V|, shape (b,), for each root G of S, shape (b, q, q)."""
    half = (data.Z[None, :, :, :, None] * roots[:, None, None]).sum(axis=3)
    V = (half[:, :, :, None] * half[:, :, None]).sum(axis=-1)
    rows = np.arange(V.shape[-1])
    V[..., rows, rows] += data.noise
    U = np.broadcast_to(data.W, (len(roots), *data.W.shape)).astype(V.dtype)
    pivots = eliminate(V, U)
    weighted = U / pivots[..., None]
    found = np.stack([(weighted * U[..., j, None]).sum(axis=(1, 2)) for j in range(U.shape[-1])], axis=1)
    return found, np.log(pivots).sum(axis=(1, 2))


def criterion(roots, data):
    """-2 profiled log (restricted) likelihood of the user's data at each root, shape (b,)."""
    found, logdet = products(roots, data)
    pivots = eliminate(found, np.zeros((*found.shape[:-1], 0), found.dtype))
    p = pivots.shape[-1] - 1
    dof = data.n_obs - (p if data.reml else 0)
    if data.reml:
        logdet = logdet + np.log(pivots[:, :p]).sum(axis=1) + 2 * np.log(np.diagonal(data.to_w)[:p]).sum()
    sigma2 = pivots[:, p] * data.to_w[p, p] ** 2 / dof
    return logdet + dof * (1 + np.log(2 * REAL(np.pi) * sigma2))


def places(sizes):
    """Rows and columns of the lower triangles of the blocks."""
    edges = np.r_[0, np.cumsum(sizes)]
    block = np.repeat(np.arange(len(sizes)), sizes)
    rows, cols = np.tril_indices(edges[-1])
    same = block[rows] == block[cols]
    return rows[same], cols[same]


def triangles(theta, data):
    """Lower triangular roots, shape (b, q, q), from their elements, shape (b, k)."""
    q = data.Z.shape[-1]
    roots = np.zeros((len(theta), q, q), theta.dtype)
    roots[:, *places(data.sizes)] = theta
    return roots


def lower_root(S):
    """The Cholesky factor of a positive definite S, shape (q, q)."""
    L = np.zeros_like(S)
    for j in range(len(S)):
        L[j:, j] = S[j:, j] - (L[j:, :j] * L[j, :j]).sum(axis=1)
        L[j:, j] /= np.sqrt(L[j, j])
    return L


def gradients(theta, data):
    """The gradient of the criterion at each theta, shape (b, k), by complex steps."""
    b, k = theta.shape
    step = REAL(1e-30) if IS_EXTENDED else 1e-30
    moved = theta[:, None].astype(np.clongdouble) + 1j * step * np.eye(k, dtype=REAL)
    return criterion(triangles(moved.reshape(-1, k), data), data).imag.reshape(b, k) / step


def hessian(theta, data):
    """The Hessian of the criterion at one theta, shape (k, k), by central differences of gradients."""
    steps = REAL(1e-5) * (1 + np.abs(theta))
    moved = np.concatenate([theta + np.diag(steps), theta - np.diag(steps)])
    ahead, behind = np.split(gradients(moved, data), 2)
    found = (ahead - behind) / (2 * steps[:, None])
    return (found + found.T) / 2


def find_exact(fit, *, steps=4):
    """Newton's method from a fit to the optimum of its criterion; refuses to end anywhere else."""
    data = pad(fit.design, reml=fit.method == "REML")
    start = data.to_z @ fit.factor.astype(REAL)
    theta = lower_root(start @ start.T)[places(data.sizes)]
    for _ in range(steps):
        slope = gradients(theta[None], data)[0]
        step, pivots = solve(hessian(theta, data), slope[:, None])
        assert (pivots > 0).all(), "the criterion is not convex where the fit ended"
        score = np.sqrt(abs(slope @ step[:, 0]) / 2)
        theta = theta - step[:, 0]
    assert score < 1e-12, f"Newton's method did not settle: {score}"
    return _in_units_of_the_user(theta, data, score)


def _in_units_of_the_user(theta, data, score):
    root = triangles(theta[None], data)
    W, _ = products(root, data)
    p = W.shape[1] - 1
    inverse, _ = solve(W[0, :p, :p], np.eye(p, dtype=REAL))
    along = inverse @ W[0, :p, p]
    dof = data.n_obs - (p if data.reml else 0)
    sigma = np.sqrt((W[0, p, p] - W[0, p, :p] @ along) / dof) * data.to_w[p, p]
    to_beta, _ = solve(data.to_w[:p, :p], np.eye(p, dtype=REAL))
    to_effects, _ = solve(data.to_z, np.eye(len(data.to_z), dtype=REAL))
    beta = to_beta @ (data.to_w[:p, p] + data.to_w[p, p] * along)
    lam = sigma * to_effects @ root[0]
    return Exact(
        criterion=criterion(root, data)[0],
        beta=beta,
        std_error=sigma * np.sqrt(np.diagonal(to_beta @ inverse @ to_beta.T)),
        covariance=lam @ lam.T,
        sigma=sigma,
        score=score,
    )
