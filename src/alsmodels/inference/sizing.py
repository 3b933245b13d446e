"""How many subjects a trial needs, by simulation: a search in rounds, each of which tries the best guess so far.

    power(n) = Phi(a + b sqrt(n))

holds for a normal test with a = -z(level) whatever the effect; b and a correction to a are estimated from all rounds
by maximum likelihood. Rounds go where the answer is thought to be, so that the curve need hold only near it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from math import ceil, gcd
from typing import Final, final

import numpy as np
import pandas as pd
from scipy.special import log_ndtr, ndtr, ndtri

from alsmodels.errors import SpecError
from alsmodels.inference.effects import check_power
from alsmodels.inference.operating import successes
from alsmodels.kernels.arrays import Float
from alsmodels.model.seeds import check_seed
from alsmodels.simulation.designs import ArmSize, TrialDesign
from alsmodels.simulation.runs import run_study
from alsmodels.simulation.studies import Analysis, Study
from alsmodels.simulation.truth import Truth

__all__ = ["SampleSize", "find_sample_size"]

# Standard deviation of what is known of a beforehand: t-tests and estimated variances move it a little.
_PRIOR_SD: Final = 0.3
# A round tries no more than so many times the largest number before it.
_STRIDE: Final = 4.0
# No smaller trial is tried.
_FEWEST: Final = 8
# So that a number of subjects that is whole but for rounding is not rounded up.
_SLACK: Final = 1e-9


@final
@dataclass(frozen=True, eq=False, repr=False)
class SampleSize:
    """The answer of a search.

    Attributes
    ----------
    n : int
        The number of subjects in all arms together.
    arms : mapping of str to int
        The number of subjects in each arm.
    power : float
        The power with ``n`` subjects, by the curve through all rounds.
    power_mcse : float
        The Monte Carlo error of the power at ``n``.
    n_mcse : float
        The Monte Carlo error of ``n``.
    wanted : float
        The power that was asked for.
    rounds : pandas.DataFrame
        The sizes that were tried: n, power, power_mcse, n_replicates.
    """

    n: int
    arms: Mapping[str, int]
    power: float
    power_mcse: float
    n_mcse: float
    wanted: float
    rounds: pd.DataFrame

    def __repr__(self) -> str:
        """The answer, and what it rests on."""
        sizes = ", ".join(f"{name} {n}" for name, n in self.arms.items())
        trials = int(self.rounds["n_replicates"].sum())
        return (
            f"{self.n} subjects ({sizes}) for a power of {self.wanted:g}; Monte Carlo error {self.n_mcse:.2g}\n"
            f"Power there: {self.power:.3f} ({self.power_mcse:.3f}), from {trials} simulated trials\n"
            f"{self.rounds.to_string(index=False)}"
        )


def find_sample_size(
    truth: Truth,
    design: TrialDesign,
    analysis: Analysis,
    *,
    power: float = 0.8,
    most: int = 5000,
    n_replicates: int = 1000,
    rounds: int = 6,
    seed: int,
    workers: int = 1,
) -> SampleSize:
    """Find the smallest trial with a given power for the first question of an analysis.

    Parameters
    ----------
    truth : Truth
        The generating model, with the effect to be found.
    design : TrialDesign
        The visits and dropout; its arms, or the truth's, set the allocation ratio and the first size tried.
    analysis : Analysis
        The analysis with its rule of success, made by `reml_analysis` or `importance_analysis`.
    power : float, default 0.8
        The power that is wanted.
    most : int, default 5000
        The largest number of subjects that is tried.
    n_replicates : int, default 1000
        The number of trials simulated in each round.
    rounds : int, default 6
        The number of rounds of the search.
    seed : int
        The seed of all random numbers.
    workers : int, default 1
        The number of processes, as in `run_study`.

    Returns
    -------
    SampleSize
        The sizes of the arms, the power, and their Monte Carlo errors.

    Raises
    ------
    SpecError
        If no trial of ``most`` subjects or fewer has the power.

    Examples
    --------
    >>> from alsmodels.inference.analyses import reml_analysis
    >>> from alsmodels.model.slopes import slope_difference
    >>> from alsmodels.simulation import truths
    >>> asked = reml_analysis("alsfrs_r ~ arm * week + (week | subject)", slope_difference("active", "placebo"))
    >>> trial = TrialDesign("24 weeks", arms={"placebo": 10, "active": 10}, weeks=(0, 12, 24))
    >>> found = find_sample_size(truths.healey_like(ratio=0.2), trial, asked, n_replicates=20, rounds=2, seed=1)
    >>> found.arms["placebo"] == found.arms["active"]
    True
    """
    check_power(power)
    ratio = _Ratio.of(truth.sizes if design.sizes is None else design.sizes)
    blocks, tried = ratio.blocks_for(ratio.asked, most), []
    for number in range(rounds):
        own = int(np.random.SeedSequence(check_seed(seed), spawn_key=(number,)).generate_state(1, np.uint64)[0])
        trial = replace(design, arms=tuple(ArmSize(*one) for one in ratio.sizes(blocks).items()))
        tried.append((blocks * ratio.block, _try(truth, trial, analysis, n_replicates, own, workers), n_replicates))
        curve = _Curve.through(np.array(tried, dtype=float), float(ndtri(analysis.rule.level)))
        blocks = ratio.blocks_for(min(curve.size_for(power), _STRIDE * tried[-1][0]), most)
    if curve.size_for(power) > most:
        n, hits, _ = tried[-1]
        raise SpecError(
            f"No trial of {most} subjects has a power of {power:g}: {n} subjects have about {hits / n_replicates:.2f}. "
            "Look at the effect, or raise most."
        )
    n = blocks * ratio.block
    return SampleSize(
        n=n,
        arms=ratio.sizes(blocks),
        power=float(ndtr(curve.at(n))),
        power_mcse=curve.power_error(n),
        n_mcse=curve.size_error(power),
        wanted=power,
        rounds=_as_table(tried),
    )


@final
@dataclass(frozen=True, slots=True)
class _Ratio:
    """In which ratio arms are filled: trials are made of whole blocks."""

    unit: Mapping[str, int]
    asked: int

    @staticmethod
    def of(sizes: Mapping[str, int]) -> "_Ratio":
        divisor = gcd(*sizes.values())
        return _Ratio({name: n // divisor for name, n in sizes.items()}, sum(sizes.values()))

    @property
    def block(self) -> int:
        return sum(self.unit.values())

    def blocks_for(self, n: float, most: int) -> int:
        """Blocks that hold n subjects, within what can be tried."""
        least = ceil(_FEWEST / self.block)
        return max(least, min(ceil(n / self.block - _SLACK) if np.isfinite(n) else most, most // self.block))

    def sizes(self, blocks: int) -> dict[str, int]:
        return {name: share * blocks for name, share in self.unit.items()}


@final
@dataclass(frozen=True, slots=True, eq=False)
class _Curve:
    """Phi(a + b sqrt(n)) with the covariance of (a, b)."""

    a: float
    b: float
    cov: Float

    @staticmethod
    def through(tried: Float, start: float) -> "_Curve":
        """Fit the curve by Newton's method; columns of ``tried`` are n, successes, trials.

        a is normal about -z(level) with a small spread, which tells it apart from b where all rounds have one size.
        """
        n, hits, trials = tried.T
        x = np.column_stack([np.ones_like(n), np.sqrt(n)])
        share = (hits.sum() + 1) / (trials.sum() + 2)
        beta = np.array([-start, (ndtri(share) + start) / np.sqrt(n.mean())])
        for _ in range(50):
            eta = x @ beta
            up, down = _hazard(eta), _hazard(-eta)
            slope = x.T @ (hits * up - (trials - hits) * down) - np.array([(beta[0] + start) / _PRIOR_SD**2, 0.0])
            weight = trials * up * down  # expected information of a probit model
            information = (x.T * weight) @ x + np.diag([1 / _PRIOR_SD**2, 0.0])
            step = np.linalg.solve(information, slope)
            beta = beta + step
            if np.abs(step).max() < 1e-10:
                break
        return _Curve(float(beta[0]), float(beta[1]), np.linalg.inv(information))

    def at(self, n: float) -> float:
        return self.a + self.b * float(np.sqrt(n))

    def size_for(self, power: float) -> float:
        """Where the curve has the power; infinite if it does not rise."""
        wanted = float(ndtri(power))
        return ((wanted - self.a) / self.b) ** 2 if self.b > 0 else float("inf")

    def power_error(self, n: float) -> float:
        row = np.array([1.0, np.sqrt(n)])
        density = np.exp(-0.5 * self.at(n) ** 2) / np.sqrt(2 * np.pi)
        return float(density * np.sqrt(row @ self.cov @ row))

    def size_error(self, power: float) -> float:
        """Of n = r^2, r = (z - a) / b."""
        root = (float(ndtri(power)) - self.a) / self.b
        gradient = -2 * root / self.b * np.array([1.0, root])
        return float(np.sqrt(gradient @ self.cov @ gradient))


def _hazard(eta: Float) -> Float:
    """phi(x) / Phi(x), where Phi may be as small as can be."""
    return np.asarray(np.exp(-0.5 * eta**2 - 0.5 * np.log(2 * np.pi) - log_ndtr(eta)))


def _try(truth: Truth, design: TrialDesign, analysis: Analysis, size: int, seed: int, workers: int) -> int:
    """How many trials of a size are a success."""
    chunk = max(1, min(200, -(-size // workers)))
    study = Study((truth,), (design,), (analysis,), n_replicates=size, seed=seed, chunk=chunk)
    found = run_study(study, workers=workers, progress=False).datasets[analysis.name]
    return int(successes(found, None)[0, 0, :, 0].sum())


def _as_table(tried: list[tuple[int, int, int]]) -> pd.DataFrame:
    table = pd.DataFrame(tried, columns=["n", "hits", "n_replicates"])
    share = table["hits"] / table["n_replicates"]
    q = (table["hits"] + 1) / (table["n_replicates"] + 2)
    error = np.sqrt(q * (1 - q) / table["n_replicates"])
    return pd.DataFrame({"n": table["n"], "power": share, "power_mcse": error, "n_replicates": table["n_replicates"]})
