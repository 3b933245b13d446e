"""The dense twin of the kernels: the same quantities from n x n matrices, written as the textbook writes them."""

import itertools

import numpy as np
from scipy.linalg import block_diag


def marginal_correlation(lam, Z, starts):
    """V = I + Z (I_m x Lambda Lambda') Z', shape (n, n)."""
    pieces = [Z[a:b] @ lam @ lam.T @ Z[a:b].T for a, b in itertools.pairwise(starts)]
    return np.eye(len(Z)) + block_diag(*pieces)


def criterion(lam, y, X, Z, starts, *, reml):
    """-2 profiled log (restricted) likelihood, and beta, sigma2, Var(beta)."""
    V = marginal_correlation(lam, Z, starts)
    Vi_X = np.linalg.solve(V, X)
    information = X.T @ Vi_X
    beta = np.linalg.solve(information, Vi_X.T @ y)
    residual = y - X @ beta
    dof = len(y) - (X.shape[1] if reml else 0)
    sigma2 = residual @ np.linalg.solve(V, residual) / dof
    logdet = np.linalg.slogdet(V)[1] + (np.linalg.slogdet(information)[1] if reml else 0.0)
    value = logdet + dof * (1 + np.log(2 * np.pi * sigma2))
    return value, beta, sigma2, sigma2 * np.linalg.inv(information)
