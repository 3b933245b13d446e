"""Simulation-based calibration: whether a sampler's posteriors are right, over data sets drawn from the prior.

    theta ~ p(theta),  y ~ p(y | theta),  theta_1 .. theta_L ~ p(theta | y)   =>   #{theta_l < theta} ~ Uniform(0 .. L)

for every function of parameters and data (Talts et al. 2018; Modrák et al. 2023). Ranks that pile up at both ends are
of posteriors too narrow, at one end of posteriors that lie beside the truth.
"""

import html
import os
import textwrap
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from typing import final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from alsmodels.bayes.diagnostics import MOST_K_HAT
from alsmodels.bayes.posterior import Method
from alsmodels.bayes.replicates import SAMPLERS, Ranked, names_of, rank_replicate, titles_of
from alsmodels.errors import SpecError, shown
from alsmodels.kernels.uniformity import uniformity_p_value
from alsmodels.model.design import Design, as_design
from alsmodels.model.estimand import Estimand, as_questions, resolve_contrast, words_of
from alsmodels.model.priors import Priors, check_priors, default_priors
from alsmodels.model.progress import is_shown, progress_bar
from alsmodels.model.seeds import check_seed
from alsmodels.model.spec import ModelSpec

__all__ = ["Calibration", "calibrate"]

# Of the family of all quantities of one calibration.
_ALPHA = 0.05


@final
@dataclass(frozen=True, eq=False, repr=False)
class Calibration:
    """Ranks of true parameters among draws from the posteriors of simulated data.

    Attributes
    ----------
    formula : str
        The formula of the model.
    method : {"nuts", "importance"}
        The sampler of the posteriors.
    ranks : pandas.DataFrame
        The table of ranks, with a row for each replicate and a column for each quantity: how many of the draws are
        below the truth.
    n_draws : int
        The number of draws that the truth was ranked among, L; ranks run from 0 to L.
    k_hat : ndarray of shape (replicates,)
        The k-hat of importance sampling for each replicate; NaN for chains.
    n_divergent : ndarray of int of shape (replicates,)
        The number of divergent draws of each chain.
    seed : int
        The seed that was given.
    titles : tuple of str
        The quantities in words, for a figure; empty where they are as they are named.
    """

    formula: str
    method: Method
    ranks: pd.DataFrame
    n_draws: int
    k_hat: NDArray[np.float64]
    n_divergent: NDArray[np.int64]
    seed: int
    titles: tuple[str, ...] = ()

    @property
    def n_replicates(self) -> int:
        """Data sets that were simulated."""
        return len(self.ranks)

    @property
    def n_unreliable(self) -> int:
        """Replicates with a k-hat above 0.7 or a divergent draw; they are counted in the ranks all the same."""
        return int(((self.k_hat > MOST_K_HAT) | (self.n_divergent > 0)).sum())

    @property
    def is_uniform(self) -> bool:
        """Whether no quantity's ranks stray from uniform more than chance allows, all of them considered."""
        return bool((self._tested["verdict"] == "uniform").all())

    def table(self) -> pd.DataFrame:
        """A row a quantity: quantity, mean_rank, spread, p_value, adjusted, verdict.

        ``mean_rank`` is on a scale from 0 to 1, where uniform ranks have 0.5; ``spread`` is their standard deviation
        over that of uniform ranks. The p-value is of the distribution function as a whole (`uniformity_p_value`),
        ``adjusted`` is Holm's for the number of quantities, and the verdict is ``uniform`` unless that is below 0.05.
        """
        return self._tested.copy()

    @cached_property
    def _tested(self) -> pd.DataFrame:
        places = (self.ranks.to_numpy() + 0.5) / (self.n_draws + 1)
        p_values = np.array([uniformity_p_value(column, self.n_draws + 1) for column in self.ranks.to_numpy().T])
        adjusted = _holm(p_values)
        verdicts = [
            "uniform" if p >= _ALPHA else _describe(column) for p, column in zip(adjusted, places.T, strict=True)
        ]
        return pd.DataFrame(
            {
                "quantity": list(self.ranks.columns),
                "mean_rank": places.mean(axis=0),
                "spread": places.std(axis=0) * np.sqrt(12),
                "p_value": p_values,
                "adjusted": adjusted,
                "verdict": verdicts,
            }
        )

    @property
    def facts(self) -> tuple[str, ...]:
        """In sentences: what was done, how the samplers did, and what came of it."""
        wrong = self._tested.loc[self._tested["verdict"] != "uniform", "quantity"]
        fault = f"k-hat above {MOST_K_HAT}" if self.method == "importance" else "divergent draws"
        found = f"the ranks of {', '.join(wrong)} are not uniform" if len(wrong) else "no ranks are seen to stray"
        size = f"{self.n_replicates} data sets from the prior, ranks among {self.n_draws} draws"
        return (
            f"Calibration of {self.method}: {size}",
            f"Formula: {self.formula}",
            f"Replicates with {fault}: {self.n_unreliable} of {self.n_replicates}, counted in",
            f"Verdict: {found}.",
        )

    def __repr__(self) -> str:
        """What was found, as text."""
        wrapped = [textwrap.fill(fact, width=100, subsequent_indent="  ") for fact in self.facts]
        return "\n".join([*wrapped[:3], "", _formatted(self._tested).to_string(index=False), "", wrapped[3]])

    def _repr_html_(self) -> str:
        table = _formatted(self._tested).to_html(index=False, border=0, classes="alsmodels-results")
        facts = [html.escape(fact) for fact in self.facts]
        return f"<p>{'<br>'.join(facts[:3])}</p>{table}<p>{facts[3]}</p>"


def calibrate(
    model: ModelSpec | str | Design,
    data: object = None,
    *,
    priors: Priors | None = None,
    method: Method = "importance",
    replicates: int = 100,
    draws: int = 99,
    asked: Sequence[Estimand] | Estimand = (),
    seed: int,
    workers: int | None = None,
    progress: bool | None = None,
) -> Calibration:
    """Calibrate the sampler of a Gaussian model on data simulated from its priors.

    Parameters
    ----------
    model : ModelSpec, str or Design
        A specification or its formula, with ``data``; or a ready design. The visits are those of the data, the response
        is simulated anew for each replicate, on the scale of the formula and without its bounds.
    data : Cohort or DataFrame, optional
        A cohort, or a table (pandas, polars or pyarrow) with a column ``subject``.
    priors : Priors, optional
        The priors of the model, by default ``default_priors(design)``. Priors so wide that no trial could have come of
        them test the sampler where it is not used.
    method : {"nuts", "importance"}, default "importance"
        The sampler, as in `sample_lmm`.
    replicates : int, default 100
        The number of simulated data sets; a hundred show gross faults, a thousand fine ones.
    draws : int, default 99
        The number of draws that the truth is ranked among; more are made, and thinned.
    asked : Estimand or sequence of Estimand, default ()
        The questions about the trajectories that are ranked beside the parameters.
    seed : int
        The seed of the random numbers: the same seed gives the same ranks, whatever the number of workers.
    workers : int, optional
        The number of threads; by default one for each processor.
    progress : bool, optional
        Whether to show a progress bar; by default only in a terminal.

    Returns
    -------
    Calibration
        The ranks of each quantity, with a test of their uniformity.

    Examples
    --------
    >>> from alsmodels.data.examples import load_example
    >>> found = calibrate("alsfrs_r ~ week + (1 | subject)", load_example(), replicates=20, draws=19, seed=1)
    >>> found.n_replicates, found.is_uniform
    (20, True)
    """
    design = as_design(model, data, verb="calibrate")
    priors = default_priors(design) if priors is None else priors
    check_priors(priors, design)
    _check_sizes(method, replicates, draws)
    questions = as_questions(asked, design.spec, terms=design.encoding.fixed_terms)
    contrasts = [resolve_contrast(question, design) for question in questions]
    seeds = np.random.SeedSequence(check_seed(seed)).spawn(replicates)

    def work(own: np.random.SeedSequence) -> Ranked:
        return rank_replicate(design, priors, contrasts, method=method, draws=draws, seed=own)

    found = []
    bar = progress_bar("Calibrating", total=replicates, shown=is_shown(progress))
    with ThreadPoolExecutor(workers or os.cpu_count()) as pool, bar as advance:
        for one in pool.map(work, seeds):
            found.append(one)
            advance()
    names = [*names_of(design), *[question.label for question in questions]]
    titles = [*titles_of(design), *[words_of(question, "−") for question in questions]]
    return Calibration(
        formula=design.spec.formula,
        method=method,
        ranks=pd.DataFrame([one.ranks for one in found], columns=names),
        n_draws=draws,
        k_hat=np.array([one.k_hat for one in found]),
        n_divergent=np.array([one.n_divergent for one in found]),
        seed=seed,
        titles=tuple(titles),
    )


def _check_sizes(method: str, replicates: int, draws: int) -> None:
    if method not in SAMPLERS:
        msg = f"method is {' or '.join(map(repr, SAMPLERS))}; not {shown(method)}."
        raise SpecError(msg)
    if replicates < 1 or draws < 9:
        msg = f"A calibration needs replicates, and 9 draws or more to rank the truth among; not {replicates}, {draws}."
        raise SpecError(msg)


def _holm(p_values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Holm's (1979) adjustment for testing all of them."""
    order = np.argsort(p_values)
    stepped = np.maximum.accumulate(p_values[order] * np.arange(len(p_values), 0, -1))
    adjusted = np.empty(len(p_values))
    adjusted[order] = np.minimum(stepped, 1.0)
    return adjusted


def _describe(places: NDArray[np.float64]) -> str:
    """In words, how ranks on a scale from 0 to 1 stray: by where they lie, or by how far apart."""
    shift = (places.mean() - 0.5) * np.sqrt(12 * len(places))
    spread = (places.var() - 1 / 12) * np.sqrt(180 * len(places))
    if abs(shift) > abs(spread):
        return "draws too low" if shift > 0 else "draws too high"
    return "draws too narrow" if spread > 0 else "draws too wide"


def _formatted(table: pd.DataFrame) -> pd.DataFrame:
    names = ("mean_rank", "spread", "p_value", "adjusted")
    return table.assign(**{name: table[name].map(_three) for name in names})


def _three(value: float) -> str:
    return f"{value:.3f}" if value >= 1e-3 else "<0.001"
