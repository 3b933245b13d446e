"""The distributions that priors are made of: explicit numbers on the scale of the data, each with its source."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias, final

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import gammainc, gammaln, ndtr, stdtr

from alsmodels.data.number_checks import check_above, check_finite
from alsmodels.errors import SpecError, shown

__all__ = [
    "LKJ",
    "Distribution",
    "Gamma",
    "HalfNormal",
    "HalfT",
    "Normal",
    "Scale",
    "distribution_from_dict",
]

Vector = NDArray[np.float64]


@final
@dataclass(frozen=True, slots=True)
class Normal:
    """A normal distribution.

    Parameters
    ----------
    mean, sd : float
        The mean and the standard deviation, in the units of the parameter.
    source : str, default "given"
        The source of the numbers.
    """

    mean: float
    sd: float
    source: str = field(default="given", compare=False)

    def __post_init__(self) -> None:
        check_finite("Normal", mean=self.mean)
        check_above("Normal", sd=self.sd)

    def density(self, value: ArrayLike) -> Vector:
        """Density at each value."""
        z = (np.asarray(value, dtype=float) - self.mean) / self.sd
        return np.asarray(np.exp(-0.5 * z**2) / (self.sd * np.sqrt(2 * np.pi)))

    def below(self, value: float) -> float:
        """Probability of being below a value."""
        return float(ndtr((value - self.mean) / self.sd))

    def draw(self, rng: np.random.Generator, size: int) -> Vector:
        """Independent draws, shape (size,)."""
        return rng.normal(self.mean, self.sd, size)

    def scaled(self, factor: float) -> "Normal":
        """The distribution of ``factor`` times the quantity."""
        return Normal(self.mean * factor, self.sd * abs(factor), self.source)

    def __str__(self) -> str:
        return f"Normal({self.mean:.4g}, {self.sd:.4g})"


@final
@dataclass(frozen=True, slots=True)
class HalfNormal:
    """The absolute value of a normal variable of mean zero.

    Parameters
    ----------
    sd : float
        The standard deviation of the normal variable; 95% of the mass lies below ``1.96 sd``.
    source : str, default "given"
        The source of the number.
    """

    sd: float
    source: str = field(default="given", compare=False)

    def __post_init__(self) -> None:
        check_above("HalfNormal", sd=self.sd)

    @property
    def scale(self) -> float:
        """The same as ``sd``."""
        return self.sd

    @property
    def df(self) -> float:
        """Infinite: the limit of the half-t."""
        return float("inf")

    def density(self, value: ArrayLike) -> Vector:
        """Density at each value; zero below zero."""
        x = np.asarray(value, dtype=float)
        return np.where(x < 0, 0.0, 2 * Normal(0, self.sd).density(x))

    def below(self, value: float) -> float:
        """Probability of being below a value."""
        return max(2 * float(ndtr(value / self.sd)) - 1, 0.0)

    def draw(self, rng: np.random.Generator, size: int) -> Vector:
        """Independent draws, shape (size,)."""
        return np.abs(rng.normal(0.0, self.sd, size))

    def scaled(self, factor: float) -> "HalfNormal":
        """The distribution of ``factor`` times the quantity."""
        return HalfNormal(self.sd * factor, self.source)

    def __str__(self) -> str:
        return f"HalfNormal({self.sd:.4g})"


@final
@dataclass(frozen=True, slots=True)
class HalfT:
    """The absolute value of a Student-t variable of mean zero.

    Parameters
    ----------
    df : float
        The degrees of freedom of the t variable.
    scale : float
        The scale of the t variable.
    source : str, default "given"
        The source of the numbers.
    """

    df: float
    scale: float
    source: str = field(default="given", compare=False)

    def __post_init__(self) -> None:
        check_above("HalfT", df=self.df, scale=self.scale)

    def density(self, value: ArrayLike) -> Vector:
        """Density at each value; zero below zero."""
        x = np.asarray(value, dtype=float)
        constant = gammaln((self.df + 1) / 2) - gammaln(self.df / 2) - 0.5 * np.log(self.df * np.pi)
        height = 2 / self.scale * np.exp(constant - (self.df + 1) / 2 * np.log1p((x / self.scale) ** 2 / self.df))
        return np.where(x < 0, 0.0, height)

    def below(self, value: float) -> float:
        """Probability of being below a value."""
        return max(2 * float(stdtr(self.df, value / self.scale)) - 1, 0.0)

    def draw(self, rng: np.random.Generator, size: int) -> Vector:
        """Independent draws, shape (size,)."""
        return np.asarray(np.abs(self.scale * rng.standard_t(self.df, size)))

    def scaled(self, factor: float) -> "HalfT":
        """The distribution of ``factor`` times the quantity."""
        return HalfT(self.df, self.scale * factor, self.source)

    def __str__(self) -> str:
        return f"HalfT({self.df:g}, {self.scale:.4g})"


@final
@dataclass(frozen=True, slots=True)
class Gamma:
    """A gamma distribution.

    Parameters
    ----------
    shape, rate : float
        The shape and the rate; the mean is ``shape / rate``.
    lower : float, default 0.0
        The lower bound; values below it are ruled out.
    source : str, default "given"
        The source of the numbers.
    """

    shape: float
    rate: float
    lower: float = 0.0
    source: str = field(default="given", compare=False)

    def __post_init__(self) -> None:
        check_above("Gamma", shape=self.shape, rate=self.rate)
        check_finite("Gamma", lower=self.lower)

    def density(self, value: ArrayLike) -> Vector:
        """Density at each value; zero below ``lower``."""
        x = np.asarray(value, dtype=float)
        inside = np.maximum(x, max(self.lower, np.finfo(float).tiny))
        log = self.shape * np.log(self.rate) - gammaln(self.shape) + (self.shape - 1) * np.log(inside)
        kept = 1.0 - float(gammainc(self.shape, self.rate * max(self.lower, 0.0)))
        return np.where(x < self.lower, 0.0, np.exp(log - self.rate * inside) / kept)

    def below(self, value: float) -> float:
        """Probability of being below a value."""
        gone = float(gammainc(self.shape, self.rate * max(self.lower, 0.0)))
        return max(float(gammainc(self.shape, self.rate * max(value, 0.0))) - gone, 0.0) / (1.0 - gone)

    def draw(self, rng: np.random.Generator, size: int) -> Vector:
        """Independent draws, shape (size,)."""
        kept = np.empty(0)
        while len(kept) < size:
            more = rng.gamma(self.shape, 1 / self.rate, 2 * size + 8)
            kept = np.concatenate([kept, more[more >= self.lower]])
        return kept[:size]

    def __str__(self) -> str:
        above = f", above {self.lower:g}" if self.lower else ""
        return f"Gamma({self.shape:g}, {self.rate:g}{above})"


@final
@dataclass(frozen=True, slots=True)
class LKJ:
    """The distribution of Lewandowski, Kurowicka & Joe (2009) on correlation matrices, density ``|C|^(eta - 1)``.

    Parameters
    ----------
    eta : float
        The concentration: 1 is uniform over correlation matrices; larger values favour small correlations.
    source : str, default "given"
        The source of the number.
    """

    eta: float
    source: str = field(default="given", compare=False)

    def __post_init__(self) -> None:
        check_above("LKJ", eta=self.eta)

    def draw(self, rng: np.random.Generator, size: int, *, n: int) -> Vector:
        """Independent Cholesky factors of n by n correlation matrices, shape (size, n, n), by partial correlations."""
        factor = np.zeros((size, n, n))
        factor[:, 0, 0] = 1.0
        for row in range(1, n):
            left = np.ones(size)
            for col in range(row):
                shape = self.eta + (n - 2 - col) / 2
                partial = 2 * rng.beta(shape, shape, size) - 1
                factor[:, row, col] = partial * np.sqrt(left)
                left = left * (1 - partial**2)
            factor[:, row, row] = np.sqrt(left)
        return factor

    def marginal_density(self, value: ArrayLike, *, n: int) -> Vector:
        """Density of one correlation of an n by n matrix at each value."""
        x, shape = np.asarray(value, dtype=float), self.eta + (n - 2) / 2
        log = (shape - 1) * np.log(np.maximum(1 - x**2, np.finfo(float).tiny))
        constant = gammaln(2 * shape) - 2 * gammaln(shape) - (2 * shape - 1) * np.log(2)
        return np.where(np.abs(x) >= 1, 0.0, np.exp(log + constant))

    def __str__(self) -> str:
        return f"LKJ({self.eta:g})"


Scale: TypeAlias = HalfNormal | HalfT
Distribution: TypeAlias = Normal | HalfNormal | HalfT | Gamma | LKJ

_KINDS: Mapping[str, Callable[..., Distribution]] = {
    "Normal": Normal,
    "HalfNormal": HalfNormal,
    "HalfT": HalfT,
    "Gamma": Gamma,
    "LKJ": LKJ,
}


def distribution_from_dict(record: Mapping[str, Any]) -> Distribution:
    """Read ``{"kind": "Normal", "mean": 0, "sd": 1}``; raises ``SpecError`` for anything else."""
    values = dict(record)
    kind = values.pop("kind", None)
    if kind not in _KINDS:
        msg = f"A prior is one of {', '.join(_KINDS)}; not {shown(kind)}."
        raise SpecError(msg)
    try:
        return _KINDS[kind](**values)
    except TypeError as error:
        msg = f"{kind} does not have the numbers {', '.join(values)}."
        raise SpecError(msg) from error
