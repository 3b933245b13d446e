"""The optimum that fit_times.py measures digits against: scoring on each subject's own covariance matrix.

Like `fit_criterion.py` it shares nothing with the engine. With ``P = V^-1 - V^-1 X C X' V^-1`` and
``C = (X' V^-1 X)^-1`` the slopes of ``-2 log`` restricted likelihood are ``tr(P V_k) - y' P V_k P y`` for
``V_k = dV / dphi_k`` (Harville 1977, section 4), the phi being the distinct elements of the covariance of random
effects and the residual variance. Steps are those of Fisher scoring with the information of the unrestricted
likelihood, ``tr(V^-1 V_k V^-1 V_l) / 2``; begun near the optimum they gain a digit or more each, and their fixed point
is where the exact slopes are zero.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fit_criterion import Answer, batches, restricted_criterion
from fit_data import Matrix

MOST_STEPS = 60
SMALL_STEP = 1e-12
"""Steps end when one would change every parameter by less than so many of its standard errors."""


@dataclass(frozen=True, slots=True, eq=False)
class Optimum:
    """Where the restricted likelihood is highest.

    Attributes
    ----------
    answer : the estimates, with standard errors of the fixed effects
    criterion : ``-2 log`` restricted likelihood there
    last_step : length of the last step in standard errors; tells how exact the rest is
    steps : how many were taken
    """

    answer: Answer
    criterion: float
    last_step: float
    steps: int


def find_optimum(start: Answer, *, y: Matrix, X: Matrix, Z: Matrix, codes: NDArray[np.int64]) -> Optimum:
    """The optimum from an answer near it.

    Parameters
    ----------
    start : an answer inside the parameter space
    y, X, Z : shapes (n,), (n, p), (n, q)
    codes : shape (n,), the number of each row's subject, ascending

    Raises
    ------
    ValueError
        If steps do not become small, as they do not from an answer far away or where the optimum is on the boundary.
    """
    data = {"y": y, "X": X, "Z": Z, "codes": codes}
    G, sigma2, length, before = start.covariance, start.sigma2, np.inf, np.inf
    for steps in range(1, MOST_STEPS + 1):
        beta, C, slopes, information = _slopes(G, sigma2, **data)
        step = np.linalg.solve(information, -slopes / 2)
        length, before = float(np.sqrt(step @ information @ step)), length
        G, sigma2 = G + _symmetric(step[:-1], len(G)), sigma2 + float(step[-1])
        if length < SMALL_STEP or (
            length < 1e3 * SMALL_STEP and length > before / 2
        ):  # as small as rounding lets it be
            if np.linalg.eigvalsh(G)[0] <= 0:
                msg = f"The slopes are zero at a covariance that is none, {G.tolist()}: the optimum is on the boundary."
                raise ValueError(msg)
            answer = Answer(beta, G, sigma2, "optimum", np.sqrt(np.diagonal(C)))
            return Optimum(answer, restricted_criterion(answer, **data), length, steps)
    msg = f"Scoring from the answer given was still {length:.1g} standard errors a step after {MOST_STEPS} steps."
    raise ValueError(msg)


def _slopes(
    G: Matrix, sigma2: float, *, y: Matrix, X: Matrix, Z: Matrix, codes: NDArray[np.int64]
) -> tuple[Matrix, Matrix, Matrix, Matrix]:
    """beta, C, slopes of the criterion and information, by two passes over the subjects."""
    p, q = X.shape[1], Z.shape[1]
    XVX, XVy = np.zeros((p, p)), np.zeros(p)
    parts = []
    for rows in batches(codes):
        inverse = np.linalg.inv(Z[rows] @ G @ Z[rows].transpose(0, 2, 1) + sigma2 * np.eye(rows.shape[1]))
        VX = inverse @ X[rows]
        XVX += np.einsum("mkp,mkr->pr", X[rows], VX)
        XVy += np.einsum("mkp,mk->p", VX, y[rows])
        parts.append((rows, inverse, VX))
    C = np.linalg.inv(XVX)
    beta = np.linalg.solve(XVX, XVy)
    moves = _moves(q)
    slope_G, slope_s, information = np.zeros((q, q)), 0.0, np.zeros((len(moves) + 1,) * 2)
    for rows, inverse, VX in parts:
        ZV = Z[rows].transpose(0, 2, 1) @ inverse
        A, B = ZV @ Z[rows], ZV @ ZV.transpose(0, 2, 1)
        ZVX, Vr = Z[rows].transpose(0, 2, 1) @ VX, np.einsum("mkl,ml->mk", inverse, y[rows] - X[rows] @ beta)
        u = np.einsum("mkq,mk->mq", Z[rows], Vr)
        slope_G += A.sum(axis=0) - np.einsum("mqp,pr,msr->qs", ZVX, C, ZVX, optimize=True) - u.T @ u
        slope_s += float(
            np.trace(inverse, axis1=1, axis2=2).sum() - np.einsum("mkp,pr,mkr->", VX, C, VX, optimize=True)
        )
        slope_s -= float((Vr**2).sum())
        AE = np.einsum("mqs,ksr->kmqr", A, moves)
        information[:-1, :-1] += np.einsum("kmqr,lmrq->kl", AE, AE, optimize=True) / 2
        information[:-1, -1] += np.einsum("kqs,msq->k", moves, B) / 2
        information[-1, -1] += float((inverse**2).sum()) / 2
    information[-1, :-1] = information[:-1, -1]
    return beta, C, np.r_[np.einsum("kqs,qs->k", moves, slope_G), slope_s], information


def _moves(q: int) -> Matrix:
    """How G moves with each of its distinct elements, shape (q (q + 1) / 2, q, q)."""
    return np.stack([_symmetric(one, q) for one in np.eye(q * (q + 1) // 2)])


def _symmetric(elements: Matrix, q: int) -> Matrix:
    lower = np.zeros((q, q))
    lower[np.tril_indices(q)] = elements
    return lower + np.tril(lower, -1).T
