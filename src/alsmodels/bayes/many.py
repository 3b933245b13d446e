"""Posteriors of many data sets of one model by importance sampling, summed up as one dataset."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Literal, final

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from alsmodels.bayes.diagnostics import judge_importance
from alsmodels.bayes.importance import ImportanceSample, sample_importance
from alsmodels.bayes.marginal_draws import build_marginal
from alsmodels.bayes.parallel import at_once
from alsmodels.bayes.recovery import covariance_draws, recover_fixed
from alsmodels.errors import DesignError, SpecError, shown
from alsmodels.kernels.posterior import Target
from alsmodels.kernels.ranges import n_threads
from alsmodels.model.compilation import compilation_notice
from alsmodels.model.estimand import Contrast, Estimand, as_questions, find_extrapolated, resolve_all
from alsmodels.model.intervals import Interval, find_interval
from alsmodels.model.pairs import pair_labels
from alsmodels.model.priors import Priors, check_names, default_priors
from alsmodels.model.progress import is_shown, progress_bar
from alsmodels.model.reduction import reduce_design
from alsmodels.model.seeds import settle_seed
from alsmodels.model.spec import ModelSpec
from alsmodels.model.stack import Stack, as_stack
from alsmodels.model.status import Status, StatusKind

__all__ = ["sample_many"]

Array = NDArray[np.float64]

# Of a quantity: the names of `estimate`, and two more.
ANSWERS = ("estimate", "std_error", "median", "lower", "upper", "probability", "direction", "mcse")
LEAST_DRAWS = 100


@final
@dataclass(frozen=True, slots=True)
class _Reading:
    """How draws are read: level and kind of intervals, and what the probability is to exceed."""

    level: float
    interval: Interval
    margin: float


@final
@dataclass(frozen=True, slots=True, eq=False)
class _Summary:
    """One replicate's posterior.

    Attributes
    ----------
    status : Status
        Whether its draws can be relied on, or why there are none.
    answers : ndarray of shape (c, 8)
        See `ANSWERS`.
    fixed : ndarray of shape (2, p)
        Means and SDs of the fixed effects.
    spreads : ndarray of shape (q + k + 1,)
        Means of SDs, correlations and the residual SD.
    numbers : ndarray of shape (3,)
        K-hat, effective draws, log marginal likelihood.
    """

    status: Status
    answers: Array
    fixed: Array
    spreads: Array
    numbers: Array


def sample_many(
    spec: ModelSpec | str | Stack,
    replicates: object = None,
    *,
    method: Literal["importance"] = "importance",
    priors: Priors | None = None,
    estimands: Sequence[Estimand] | Estimand = (),
    draws: int = 2000,
    seed: int | None = None,
    level: float = 0.95,
    interval: Interval = "eti",
    margin: float = 0.0,
    workers: int | None = None,
    progress: bool | None = None,
) -> xr.Dataset:
    """Sample the posterior of one Gaussian model for each of many data sets.

    Parameters
    ----------
    spec : ModelSpec or str
        The model specification, or its formula.
    replicates : Replicates, DataFrame, or sequence of Cohort or DataFrame, optional
        The data sets, as in `fit_many`.
    method : {"importance"}, default "importance"
        The sampler; there is importance sampling alone, for chains have to be looked at one by one.
    priors : Priors, optional
        The priors of all replicates, as a trial would state them beforehand; by default ``default_priors`` of each,
        which read their scale from its data.
    estimands : Estimand or sequence of Estimand, default ()
        The questions to each posterior, as in `fit_many`.
    draws : int, default 2000
        The number of draws for each replicate.
    seed : int, optional
        The seed of the random numbers. The k-th replicate, from 0, is drawn by its k-th child,
        ``numpy.random.SeedSequence(seed, spawn_key=(k,))``, whatever the number of workers; None takes a seed from the
        machine, and ``attrs`` say which.
    level : float, default 0.95
        The level of the intervals.
    interval : {"eti", "hdi"}, default "eti"
        The type of interval: equal-tailed or of highest density.
    margin : float, default 0.0
        The value that the quantity is compared with for its probability.
    workers : int, optional
        The number of threads; by default one for each processor.
    progress : bool, optional
        Whether to show a progress bar; by default only in a terminal.

    Returns
    -------
    xarray.Dataset
        Along ``replicate``: ``status`` (a kind of `Status`), ``reason``, ``k_hat``, ``effective_draws``,
        ``log_evidence``, ``sigma``, ``n_obs``, ``n_subjects``. Along ``estimand`` too: ``estimate`` (posterior mean),
        ``std_error`` (posterior SD), ``median``, ``lower``, ``upper``, ``probability`` (of being above the margin),
        ``direction`` (the probability of the likelier sign), ``mcse`` (Monte Carlo error of the mean) and
        ``extrapolated`` (as in `fit_many`). Along
        ``term``: ``beta``, ``beta_std_error``. Along ``effect`` and ``pair``: means of ``sd`` and ``correlation``.

    Raises
    ------
    DataError, DesignError, EstimandError
        If `fit_many` would raise it for the same replicates.
    SpecError
        If the priors are not those of the model's coefficients, or another method is asked for.

    Notes
    -----
    A replicate that cannot be fitted, or whose draws cannot be relied on (k-hat, effective draws), never stops the
    others: its ``status`` says so, and its numbers are NaN but for ``k_hat`` and ``effective_draws``. Statistics over
    replicates leave it out: look at ``status`` before.

    Examples
    --------
    >>> from alsmodels.data.examples import load_example
    >>> frame = load_example().to_frame()
    >>> found = sample_many("alsfrs_r ~ week + (week | subject)", [frame, frame], draws=1000, seed=1)
    >>> found["status"].values.tolist()
    ['sampled', 'sampled']
    """
    _check_words(method, draws)
    reading = _Reading(level, interval, margin)
    find_interval(np.zeros(2), level=level, kind=interval)  # says of the level and the kind what is wrong with them
    stack = as_stack(spec, replicates, verb="sample_many")
    if priors is not None:
        check_names(priors, stack.spec, stack.encoding)
    questions = as_questions(estimands, stack.spec, terms=stack.encoding.fixed_terms)
    contrasts = resolve_all(questions, stack)
    seed = settle_seed(seed)

    def work(number: int) -> _Summary:
        own = np.random.SeedSequence(seed, spawn_key=(number,))
        return _sample(stack, number, priors, [one.of(number) for one in contrasts], draws, own, reading)

    found = []
    bar = progress_bar("Sampling", total=stack.n_replicates, shown=is_shown(progress))
    compiled = compilation_notice("importance")
    with compiled, ThreadPoolExecutor(workers or n_threads()) as pool, bar as advance:
        for one in pool.map(work, range(stack.n_replicates)):
            found.append(one)
            advance()
    attrs = {"made_by": "alsmodels", "formula": stack.spec.formula, "method": method, "draws": draws, "seed": seed}
    attrs |= {"level": level, "interval": interval, "margin": margin, "notes": [note.text for note in stack.notes]}
    attrs |= {"priors": "the default rule, replicate by replicate" if priors is None else priors.to_json()}
    table = _as_dataset(stack, found, [question.label for question in questions], attrs)
    return table.assign(extrapolated=(("replicate", "estimand"), find_extrapolated(questions, stack)))


def _sample(
    stack: Stack,
    number: int,
    priors: Priors | None,
    contrasts: Sequence[Contrast],
    draws: int,
    seed: np.random.SeedSequence,
    reading: _Reading,
) -> _Summary:
    """Sample one replicate as `sample_lmm` does, in this thread alone, and sum it up."""
    try:
        design = stack.design(number)
        reduce_design(design)  # says what is wrong with it before priors are read off it
        target = build_marginal(design, default_priors(design) if priors is None else priors).target
    except DesignError as error:
        return _nothing(stack, len(contrasts), Status(StatusKind.NOT_FITTED, str(error), np.nan))
    rng = np.random.default_rng(seed)
    try:
        sample = sample_importance(target, draws=draws, rng=rng, spread=at_once)
    except (ArithmeticError, np.linalg.LinAlgError) as error:
        said = f"the search for the mode broke down ({error}). Use sample_lmm with method='nuts'."
        return _nothing(stack, len(contrasts), Status(StatusKind.UNRELIABLE, said, np.nan))
    status = judge_importance(sample.k_hat, sample.ess)
    numbers = np.array([sample.k_hat, sample.ess, sample.log_evidence])
    if not status.is_reliable:
        return _nothing(stack, len(contrasts), status, numbers)
    return _sum_up(sample, target, contrasts, status, numbers, rng, reading)


def _sum_up(
    sample: ImportanceSample,
    target: Target,
    contrasts: Sequence[Contrast],
    status: Status,
    numbers: Array,
    rng: np.random.Generator,
    reading: _Reading,
) -> _Summary:
    beta = recover_fixed(sample.xs, target, rng)
    spread = covariance_draws(sample.xs, target)
    answers = [_read(one.value(beta), sample.ess, reading) for one in contrasts]
    return _Summary(
        status=status,
        answers=np.array(answers).reshape(len(contrasts), len(ANSWERS)),
        fixed=np.array([beta.mean(axis=0), beta.std(axis=0, ddof=1)]),
        spreads=np.concatenate([spread[name].mean(axis=0) for name in ("sd", "correlation", "sigma")]),
        numbers=numbers,
    )


def _read(values: Array, effective: float, reading: _Reading) -> list[float]:
    """The numbers of `ANSWERS` from draws of a quantity, shape (s,)."""
    lower, upper = find_interval(values, level=reading.level, kind=reading.interval)
    spread, above = float(values.std(ddof=1)), float(np.mean(values > 0))
    found = [float(values.mean()), spread, float(np.median(values)), lower, upper]
    return [*found, float(np.mean(values > reading.margin)), max(above, 1 - above), spread / np.sqrt(effective)]


def _nothing(stack: Stack, n_asked: int, status: Status, numbers: Array | None = None) -> _Summary:
    """A replicate without an answer."""
    numbers = np.full(3, np.nan) if numbers is None else np.append(numbers[:2], np.nan)
    p, template = len(stack.encoding.fixed_names), stack.template
    answers, fixed = np.full((n_asked, len(ANSWERS)), np.nan), np.full((2, p), np.nan)
    return _Summary(status, answers, fixed, np.full(template.n_theta + 1, np.nan), numbers)


def _as_dataset(stack: Stack, found: Sequence[_Summary], labels: Sequence[str], attrs: dict[str, Any]) -> xr.Dataset:
    encoding, q = stack.encoding, stack.template.n_effects
    pairs = pair_labels(encoding.random_names, stack.template)
    answers = np.array([one.answers for one in found])
    fixed, spreads = np.array([one.fixed for one in found]), np.array([one.spreads for one in found])
    numbers = np.array([one.numbers for one in found])
    variables: dict[str, Any] = {
        name: (("replicate", "estimand"), answers[:, :, place]) for place, name in enumerate(ANSWERS)
    }
    variables |= {"beta": (("replicate", "term"), fixed[:, 0]), "beta_std_error": (("replicate", "term"), fixed[:, 1])}
    variables |= {"sd": (("replicate", "effect"), spreads[:, :q])}
    if pairs:
        variables |= {"correlation": (("replicate", "pair"), spreads[:, q:-1])}
    reasons = [one.status.message if one.status.kind is not StatusKind.SAMPLED else "" for one in found]
    whole = {
        "status": np.array([one.status.kind.value for one in found]),
        "reason": np.array(reasons, dtype=object),
        "k_hat": numbers[:, 0],
        "effective_draws": numbers[:, 1],
        "log_evidence": numbers[:, 2],
        "sigma": spreads[:, -1],
        "n_obs": np.diff(stack.row_offsets),
        "n_subjects": np.diff(stack.offsets),
    }
    variables |= {name: ("replicate", array) for name, array in whole.items()}
    coords: dict[str, Any] = {"replicate": stack.replicates, "estimand": list(labels)}
    coords |= {"term": list(encoding.fixed_names), "effect": list(encoding.random_names)}
    return xr.Dataset(variables, coords | ({"pair": pairs} if pairs else {}), attrs)


def _check_words(method: str, draws: int) -> None:
    if method != "importance":
        msg = (
            f"Many posteriors are sampled by method='importance', not {shown(method)}; for chains call sample_lmm for "
            "each."
        )
        raise SpecError(msg)
    if draws < LEAST_DRAWS:
        msg = f"draws are those of each replicate, {LEAST_DRAWS} at least, not {shown(draws)}."
        raise SpecError(msg)
