"""The model of a design as a PyMC graph, in the user's units.

    y_i = X_i beta + Z_i b_i + e_i,   b_i ~ N(0, L L'),   e_i ~ N(0, sigma^2 I)

The marginal form integrates the random effects out; the hierarchical one keeps them, non-centred, and takes any
response model. Both have the free variables ``beta``, ``sd``, ``partial`` and ``sigma``. ``partial`` are the canonical
partial correlations of each block of random effects, independent ``2 Beta(a, a) - 1`` under an LKJ prior (Lewandowski,
Kurowicka & Joe 2009, section 2.4), of which row r of the block's correlation factor is

    C[r, c] = p_c prod_{j < c} sqrt(1 - p_j^2),   C[r, r] = prod_{j < r} sqrt(1 - p_j^2),   L = diag(sd) C
"""

from collections.abc import Callable, Sequence
from typing import Any, Literal, TypeAlias

import numpy as np
import pymc as pm
import pytensor.tensor as pt
from numpy.typing import NDArray
from pymc.distributions.transforms import Interval, log
from scipy.linalg import solve_triangular

from alsmodels.bayes.knots import split_phases
from alsmodels.bayes.naming import draw_coords
from alsmodels.bayes.operator import conditional_likelihood
from alsmodels.bayes.scatter import arm_codes, level_prior
from alsmodels.bayes.target import half_priors, pair_arrays
from alsmodels.errors import SpecError, shown
from alsmodels.kernels.marginal import GroupedBlocks
from alsmodels.model.design import Design, refuse_weights
from alsmodels.model.distributions import Scale
from alsmodels.model.limits import Limits
from alsmodels.model.priors import Priors, check_priors, default_priors
from alsmodels.model.reduction import reduce_design
from alsmodels.model.response import ResponseModel

__all__ = ["Form", "build_model"]

Form = Literal["marginal", "hierarchical"]
Tensor: TypeAlias = Any  # PyTensor's own types do not reach through its operators

ROOT_2 = float(np.sqrt(2.0))


def build_model(
    design: Design, priors: Priors | None = None, *, form: Form = "marginal", response: ResponseModel | None = None
) -> pm.Model:
    """Write the model of a design in PyMC.

    Parameters
    ----------
    design : Design
        The design with the data and the coding of the formula.
    priors : Priors, optional
        The priors of the model; by default those of `default_priors`.
    form : {"marginal", "hierarchical"}, default "marginal"
        The form of the graph: ``"marginal"`` has the random effects integrated out, ``"hierarchical"`` has them in the
        graph.
    response : ResponseModel, optional
        The response model, if it is not Gaussian with one residual standard deviation; it needs the hierarchical form.

    Returns
    -------
    pymc.Model
        The model, ready for PyMC's samplers.

    Raises
    ------
    SpecError
        If the priors are not the design's, or the response model is not one of the form or of the design.
    """
    refuse_weights(design, verb="build_model")
    priors = default_priors(design) if priors is None else priors
    response = ResponseModel() if response is None else response
    check_priors(priors, design)
    _check_response(response, form, design)
    with pm.Model(coords=draw_coords(design, response)) as model:
        beta = _fixed_effects(design, priors)
        factor = _random_factor(design, priors)
        sigma = _residual(design, priors, response)
        if form == "marginal":
            pm.Potential("marginal", _marginal(design, beta, factor, sigma))
        else:
            level = _level(design, response, beta, factor)
            _observe(design, response, level, _row_sd(design, response, level, sigma))
    return model


def _check_response(response: ResponseModel, form: str, design: Design) -> None:
    if form not in ("marginal", "hierarchical"):
        msg = f"form is 'marginal' or 'hierarchical'; not {shown(form)}."
        raise SpecError(msg)
    if form == "marginal" and not response.is_gaussian:
        msg = (
            f'The random effects cannot be integrated out with {", ".join(response.features)}; use form="hierarchical".'
        )
        raise SpecError(msg)
    if response.sd_by_arm:
        arm_codes(design)


def _fixed_effects(design: Design, priors: Priors) -> Tensor:
    given = [priors.fixed[name] for name in design.fixed_names]
    mean, sd = np.array([one.mean for one in given]), np.array([one.sd for one in given])
    return pm.Normal("beta", mu=mean, sigma=sd, dims="term")


def _random_factor(design: Design, priors: Priors) -> Tensor:
    """``L``, shape (q, q)."""
    sd = _half("sd", [priors.sds[name] for name in design.random_names], dims="effect")
    row, col, _, shape = pair_arrays(design.template, priors.correlation.eta)
    if not len(row):
        return pt.diag(sd)
    partial = pm.CustomDist("partial", shape, dist=_symmetric_beta, transform=Interval(-1, 1), dims="pair")
    correlations = _correlation_factor(partial, row, col, len(design.random_names))
    pm.Deterministic("correlation", (correlations @ correlations.T)[row, col], dims="pair")
    return sd[:, None] * correlations


def _symmetric_beta(shape: Tensor, size: Any) -> Any:
    return 2 * pm.Beta.dist(shape, shape, size=size) - 1


def _correlation_factor(partial: Any, row: NDArray[np.int64], col: NDArray[np.int64], q: int) -> Any:
    """``C``, shape (q, q), of all blocks at once: zeros between blocks leave the products as they are."""
    placed = pt.set_subtensor(pt.zeros((q, q))[row, col], partial)
    left = pt.cumprod(1 - placed**2, axis=1)
    return (placed + np.eye(q)) * pt.sqrt(pt.concatenate([np.ones((q, 1)), left[:, :-1]], axis=1))


def _residual(design: Design, priors: Priors, response: ResponseModel) -> Tensor:
    if response.sd_by_arm:
        return _half("sigma", [priors.residual] * len(design.arms), dims="arm")
    return _half("sigma", [priors.residual])


def _half(name: str, priors: Sequence[Scale], *, dims: str | None = None) -> Tensor:
    """Half-t and half-normal variables side by side; a scalar if there are no dims."""
    df, scale = half_priors(priors)
    if dims is None:
        df, scale = df[0], scale[0]
    if np.all(np.isinf(df)):
        return pm.HalfNormal(name, sigma=scale, dims=dims)
    if np.all(np.isfinite(df)):
        return pm.HalfStudentT(name, nu=df, sigma=scale, dims=dims)

    def side_by_side(size: Any) -> Any:
        return pt.stack([_half_alone(*numbers) for numbers in zip(df, scale, strict=True)])

    return pm.CustomDist(name, dist=side_by_side, transform=log, dims=dims)


def _half_alone(df: float, scale: float) -> Any:
    return pm.HalfNormal.dist(sigma=scale) if np.isinf(df) else pm.HalfStudentT.dist(nu=df, sigma=scale)


def _marginal(design: Design, beta: Tensor, factor: Tensor, sigma: Tensor) -> Any:
    """Log p(y | beta, L, sigma) through the engine's coordinates."""
    blocks = reduce_design(design)
    scaling = blocks.scaling
    inward = solve_triangular(scaling.z_factor, np.eye(len(scaling.z_factor)), lower=True) / scaling.size
    beta_scaled = (scaling.x_factor / scaling.size) @ (beta - scaling.beta_ls)
    tau = pt.stack([(scaling.size / sigma) ** 2])
    value = conditional_likelihood(beta_scaled, inward @ factor, tau, blocks=GroupedBlocks.of(blocks))
    return value - design.n_obs * np.log(scaling.size)


def _level(design: Design, response: ResponseModel, beta: Tensor, factor: Tensor) -> Tensor:
    """The trajectory at each row, shape (n,)."""
    X, Z = _columns(design, response)
    z = pm.Normal("z", 0.0, 1.0, dims=("subject", "effect"))
    b = pm.Deterministic("b", z @ factor.T, dims=("subject", "effect"))
    return X @ beta + (Z * b[design.codes]).sum(axis=1)


def _columns(design: Design, response: ResponseModel) -> tuple[Any, Any]:
    """X and Z; functions of the knot if that is unknown."""
    if response.knot is None:
        return pt.as_tensor(design.X), pt.as_tensor(design.Z)
    split = split_phases(design)
    knot = pm.Normal("knot", mu=response.knot.mean, sigma=response.knot.sd)
    before = pt.minimum(split.week, knot)
    phases = pt.stack([np.ones_like(split.week), before, split.week - before], axis=1)
    return split.x_other * phases[:, split.x_kind], split.z_other * phases[:, split.z_kind]


def _row_sd(design: Design, response: ResponseModel, level: Tensor, sigma: Tensor) -> Tensor:
    """The residual standard deviation of each row, shape (n,)."""
    rows = sigma[arm_codes(design)] if response.sd_by_arm else pt.full((design.n_obs,), sigma)
    if not response.sd_by_level:
        return rows
    prior = level_prior(design, response)
    effect = pm.Normal("level_effect", mu=prior.mean, sigma=prior.sd)
    return rows * pt.exp(effect * (level - float(np.mean(design.y))))


def _observe(design: Design, response: ResponseModel, level: Tensor, sd: Tensor) -> None:
    """The observed ``y``; draws of it are values before any censoring."""
    scatter = {"mu": level, "sigma": sd}
    if response.tails == "student_t":
        scatter["nu"] = _degrees(response)
    if response.censored and design.limits.is_censored.any():
        logp = _censored_logp(design.limits)
        pm.CustomDist("y", *scatter.values(), dist=_draw, logp=logp, observed=design.y, dims="row")
    else:
        family = pm.StudentT if "nu" in scatter else pm.Normal
        family("y", **scatter, observed=design.y, dims="row")


def _degrees(response: ResponseModel) -> Tensor:
    prior = response.df
    if prior.lower <= 0:
        return pm.Gamma("df", alpha=prior.shape, beta=prior.rate)
    gamma = pm.Gamma.dist(alpha=prior.shape, beta=prior.rate)
    return pm.Truncated("df", gamma, lower=prior.lower)


def _scatter(mu: Tensor, sd: Tensor, df: Sequence[Tensor], **size: Any) -> Any:
    return pm.StudentT.dist(nu=df[0], mu=mu, sigma=sd, **size) if df else pm.Normal.dist(mu, sd, **size)


def _draw(mu: Tensor, sd: Tensor, *df_and_size: Any) -> Any:
    *df, size = df_and_size
    return _scatter(mu, sd, df, size=size)


def _censored_logp(limits: Limits) -> Callable[..., Any]:
    """Density where the value was measured, probability of the interval where it was not."""
    left, right = np.isinf(limits.lower), np.isinf(limits.upper)
    inside = limits.is_censored & ~left & ~right
    kinds = [np.flatnonzero(kind) for kind in (~limits.is_censored, left, right, inside)]
    order = np.argsort(np.concatenate(kinds))
    cuts = np.cumsum([len(rows) for rows in (*kinds[1:], kinds[3])])[:-1]

    def logp(value: Tensor, mu: Tensor, sd: Tensor, *df: Tensor) -> Any:
        def standard(bounds: NDArray[np.float64], rows: NDArray[np.int64]) -> Any:
            return (bounds[rows] - mu[rows]) / sd[rows]

        measured, left, right, inside = kinds
        low, high = standard(limits.lower, inside), standard(limits.upper, inside)
        turned = low + high > 0  # the side on which both tails are the smaller
        low, high = pt.switch(turned, -high, low), pt.switch(turned, -low, high)
        ends = pt.concatenate([standard(limits.upper, left), -standard(limits.lower, right), low, high])
        below = _log_cdf(ends, df)  # all at once: the gradient of the t distribution function is dear
        log_low, log_high = below[cuts[1] : cuts[2]], below[cuts[2] :]
        density = pm.logp(_scatter(mu[measured], sd[measured], df), value[measured])
        return pt.concatenate([density, below[: cuts[1]], log_high + pt.log(-pt.expm1(log_low - log_high))])[order]

    return logp


def _log_cdf(z: Tensor, df: Sequence[Tensor]) -> Any:
    """Log of the standard normal or t distribution function; each branch sees only arguments that it can bear."""
    low, high = pt.minimum(z, -1.0), pt.maximum(z, -1.0)
    if df:
        a = df[0] / 2
        tail = pt.log(pt.betainc(a, 0.5, df[0] / (df[0] + low**2)) / 2)
        body = pt.log(pt.betainc(a, a, (1 + high / pt.sqrt(df[0] + high**2)) / 2))
    else:
        tail = pt.log(pt.erfcx(-low / ROOT_2) / 2) - low**2 / 2
        body = pt.log1p(-pt.erfc(high / ROOT_2) / 2)
    return pt.switch(z < -1.0, tail, body)
