"""From a design, its priors and its response model to the hierarchical posterior, and from its draws back.

The sampler's beta~ has about unit posterior spread: ``beta = centre + map beta~``, centre and ``map map'`` being the
generalised least-squares estimate and its covariance at variances found by a few steps of EM.
"""

import math
from dataclasses import dataclass
from typing import Any, final

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import solve_triangular
from scipy.special import gammaincc, gammaln

from alsmodels.bayes.knots import check_mean, split_phases
from alsmodels.bayes.scatter import arm_codes, level_prior
from alsmodels.bayes.target import half_priors, pair_arrays
from alsmodels.kernels.covariance import CovarianceTemplate
from alsmodels.kernels.hierarchical import HierarchicalTarget, find_point, row_densities
from alsmodels.kernels.scaling import find_scaling
from alsmodels.model.design import Design
from alsmodels.model.distributions import Gamma, Normal
from alsmodels.model.priors import Priors, check_priors
from alsmodels.model.response import ResponseModel

__all__ = ["build_hierarchical", "pointwise", "start", "unpack"]

Vector = NDArray[np.float64]
Places = NDArray[np.int64]

EM_STEPS = 30


@final
@dataclass(frozen=True, slots=True, eq=False)
class Guess:
    """Where the posterior roughly is.

    Attributes
    ----------
    beta : ndarray of shape (p,)
    beta_root : ndarray of shape (p, p)
        A root of the covariance of beta.
    sd : ndarray of shape (q,)
    sigma : float
        Residual standard deviation.
    """

    beta: Vector
    beta_root: Vector
    sd: Vector
    sigma: float


@final
@dataclass(frozen=True, slots=True, eq=False)
class Columns:
    """The columns of a design as the kernel takes them, and as they are at the prior mean of the knot.

    Attributes
    ----------
    X, Z, kind_X, kind_Z, week : ndarray, ndarray of int
        See `HierarchicalTarget`.
    X_there, Z_there : ndarray of shape (n, p), (n, q)
    """

    X: Vector
    Z: Vector
    kind_X: Places
    kind_Z: Places
    week: Vector
    X_there: Vector
    Z_there: Vector


def build_hierarchical(design: Design, priors: Priors, response: ResponseModel) -> HierarchicalTarget:
    """The posterior density of any response model over a design, random effects and all.

    Raises
    ------
    SpecError
        If the priors are not those of the design, there is no knot to move, or there are no arms to have their own SD.
    """
    check_priors(priors, design)
    columns, group = _columns(design, response), _groups(design, response)
    guess = _guess(design.y, columns.X_there, columns.Z_there, design.starts, design.template)
    n_groups, n_effects = len(design.arms) if response.sd_by_arm else 1, design.template.n_effects
    sds = [priors.sds[name] for name in design.random_names]
    half_df, half_scale = half_priors([*sds, *[priors.residual] * n_groups])
    pairs = pair_arrays(design.template, priors.correlation.eta)
    given = [priors.fixed[name] for name in design.fixed_names]
    beta_mean, beta_sd = np.array([(prior.mean, prior.sd) for prior in given], dtype=float).T
    df_prior, df_constant, df_origin = _df_prior(response)
    level_prior, knot_prior = _level_prior(design, response), _normal(response.knot)
    extra = np.zeros(int(len(level_prior) > 0) + int(len(knot_prior) > 0) + design.n_subjects * n_effects)
    lower, upper = (design.limits.lower, design.limits.upper) if response.censored else (design.y, design.y)
    target = HierarchicalTarget(
        lower=lower,
        upper=upper,
        X=columns.X,
        Z=columns.Z,
        kind_X=columns.kind_X,
        kind_Z=columns.kind_Z,
        week=columns.week,
        starts=design.starts,
        group=group,
        beta_centre=guess.beta,
        beta_map=guess.beta_root,
        beta_mean=beta_mean,
        beta_sd=beta_sd,
        half_df=half_df,
        half_scale=half_scale,
        pair_row=pairs[0],
        pair_col=pairs[1],
        pair_start=pairs[2],
        pair_shape=pairs[3],
        df_prior=df_prior,
        level_prior=level_prior,
        knot_prior=knot_prior,
        constant=_constant(guess.beta_root, beta_sd, len(extra)) + df_constant,
        origin=np.concatenate(
            [
                np.zeros(len(given)),
                np.log(guess.sd),
                np.zeros(len(pairs[0])),
                np.full(n_groups, math.log(guess.sigma)),
                df_origin,
                extra,
            ]
        ),
    )
    return target._replace(**_own_arrays(target))


def start(target: HierarchicalTarget) -> Vector:
    """Where to start, shape (d,): beta by least squares, SDs from moments, no random effects."""
    return target.origin.copy()


def unpack(xs: Vector, target: HierarchicalTarget) -> dict[str, Vector]:
    """Draws in the user's units, by the names of `naming.DIMS`.

    Parameters
    ----------
    xs : ndarray of shape (s, d)
        Draws of the unconstrained vector.
    target : HierarchicalTarget
        What they were drawn from.

    Returns
    -------
    beta (s, p), sd (s, q), sigma (s,) or (s, arms), b (s, m, q); correlation (s, k), df (s,), level_effect (s,) and
    knot (s,) where the model has them.
    """
    points = [find_point(np.ascontiguousarray(x), target) for x in xs]
    L, C = np.stack([point.L for point in points]), np.stack([point.C for point in points])
    sigma = np.stack([point.sigma for point in points])
    z = xs[:, points[0].z_place :].reshape(len(xs), len(target.starts) - 1, L.shape[1])
    draws = {
        "beta": np.stack([point.beta for point in points]),
        "sd": np.linalg.norm(L, axis=2),
        "sigma": sigma if len(target.group) else sigma[:, 0],
        "b": np.einsum("sac,smc->sma", L, z),
    }
    if len(target.pair_row):
        draws["correlation"] = np.einsum("ska,ska->sk", C[:, target.pair_row], C[:, target.pair_col])
    for name, prior, values in (
        ("df", target.df_prior, [point.tails.df for point in points]),
        ("level_effect", target.level_prior, [point.level for point in points]),
        ("knot", target.knot_prior, [point.knot for point in points]),
    ):
        if len(prior):
            draws[name] = np.array(values)
    return draws


def pointwise(xs: Vector, target: HierarchicalTarget) -> Vector:
    """Log density of each row given the random effects, shape (s, n), at draws of shape (s, d)."""
    return np.stack([row_densities(np.ascontiguousarray(x), target) for x in xs])


def _own_arrays(target: HierarchicalTarget) -> dict[str, Any]:
    """Writable, contiguous copies: one compiled signature serves every data set."""
    parts = target._asdict().items()
    return {name: np.array(part, order="C") for name, part in parts if isinstance(part, np.ndarray)}


def _columns(design: Design, response: ResponseModel) -> Columns:
    X, Z = design.X, design.Z
    if response.knot is None:
        stay_X, stay_Z = (np.zeros(matrix.shape[1], dtype=np.int64) for matrix in (X, Z))
        return Columns(X, Z, stay_X, stay_Z, np.empty(0), X, Z)
    parts = split_phases(design)
    X, Z = check_mean(design, parts, response.knot)
    return Columns(parts.x_other, parts.z_other, parts.x_kind, parts.z_kind, parts.week, X, Z)


def _groups(design: Design, response: ResponseModel) -> Places:
    """Which residual SD each row has, shape (n,), or empty if there is one for all."""
    if not response.sd_by_arm:
        return np.empty(0, dtype=np.int64)
    return arm_codes(design)


def _df_prior(response: ResponseModel) -> tuple[Vector, float, Vector]:
    """Shape, rate and lower end of the prior of nu, its constant, and where ``log(nu - lower)`` starts."""
    if response.tails != "student_t":
        return np.empty(0), 0.0, np.empty(0)
    prior: Gamma = response.df
    lower = max(prior.lower, 0.0)
    constant = prior.shape * math.log(prior.rate) - float(gammaln(prior.shape))
    constant -= math.log(float(gammaincc(prior.shape, prior.rate * lower)))
    above = max(prior.shape / prior.rate - lower, 1.0)
    return np.array([prior.shape, prior.rate, lower]), constant, np.array([math.log(above)])


def _level_prior(design: Design, response: ResponseModel) -> Vector:
    if not response.sd_by_level:
        return np.empty(0)
    prior = level_prior(design, response)
    return np.array([prior.mean, prior.sd, float(np.mean(design.y))])


def _normal(prior: Normal | None) -> Vector:
    return np.empty(0) if prior is None else np.array([prior.mean, prior.sd], dtype=float)


def _constant(beta_root: Vector, beta_sd: Vector, n_standard: int) -> float:
    """Constants of the normal priors of beta and of the standard normal ones, and the Jacobian of beta's map."""
    normals = 0.5 * math.log(2 * math.pi) * (len(beta_sd) + n_standard)
    return float(np.linalg.slogdet(beta_root)[1] - np.log(beta_sd).sum() - normals)


def _guess(y: Vector, X: Vector, Z: Vector, starts: Places, template: CovarianceTemplate) -> Guess:
    """Variances by EM about the least-squares line, then beta by generalised least squares."""
    scaling, e, X, Z = find_scaling(y, X, Z, template)
    first = starts[:-1]
    ztz = np.add.reduceat(Z[:, :, None] * Z[:, None, :], first)
    zte, ztx = np.add.reduceat(Z * e[:, None], first), np.add.reduceat(Z[:, :, None] * X[:, None, :], first)
    S, sigma2 = _moments(ztz, zte, float(e @ e), len(e), template)
    G = np.linalg.solve(np.eye(len(S)) + S @ ztz / sigma2, S / sigma2)
    information = (X.T @ X - np.einsum("mab,mac,mcd->bd", ztx, G, ztx)) / sigma2
    shift = (X.T @ e - np.einsum("mab,mac,mc->b", ztx, G, zte)) / sigma2
    root = np.linalg.cholesky(information)
    size = scaling.size or 1.0
    outward = size * scaling.beta_root(solve_triangular(root, np.eye(len(root)), lower=True, trans=1))
    T = scaling.z_factor
    return Guess(
        beta=scaling.beta_ls + outward @ solve_triangular(root, shift, lower=True),
        beta_root=outward,
        sd=size * np.sqrt(np.diagonal(T @ S @ T.T)),
        sigma=size * math.sqrt(sigma2),
    )


def _moments(ztz: Vector, zte: Vector, ete: float, n: int, template: CovarianceTemplate) -> tuple[Vector, float]:
    """Covariance (q, q) of the random effects and residual variance, after some steps of EM (Laird & Ware 1982)."""
    q = template.n_effects
    S, sigma2 = np.eye(q) * 0.5 / q, 0.5
    kept = np.zeros((q, q), dtype=bool)
    for block in template.blocks:
        kept[block, block] = True
    for _ in range(EM_STEPS):
        spread = np.linalg.solve(np.eye(q) + S @ ztz / sigma2, S)
        b = np.einsum("mac,mc->ma", spread, zte) / sigma2
        S = np.where(kept, np.mean(spread + b[:, :, None] * b[:, None, :], axis=0), 0.0)
        seconds = np.einsum("mac,mca->", ztz, spread + b[:, :, None] * b[:, None, :])
        sigma2 = max((ete - 2 * float(np.sum(zte * b)) + float(seconds)) / n, 1e-6)
    return S, sigma2
