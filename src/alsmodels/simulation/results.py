"""What a study has found: for each analysis, what every replicate answered, beside what is true."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final, final

import numpy as np
import xarray as xr

from alsmodels.errors import SpecError, shown
from alsmodels.simulation.studies import Analysis, Study

__all__ = ["NOT_RUN", "STATUSES", "VARIABLES", "StudyResults", "check_answers", "status_codes"]

VARIABLES: Final = ("estimate", "std_error", "df", "lower", "upper", "support")
"""Over replicate and estimand; what an engine does not know is NaN. The support is what a `Rule` looks at."""

STATUSES: Final = (
    "not run",
    "converged",
    "on the boundary",
    "not identified",
    "not converged",
    "sampled",
    "not to be relied on",
    "not fitted",
)
"""How the analysis of a replicate ended, by its number in the variable ``status``; stores hold the numbers."""

NOT_RUN: Final = 0


@final
@dataclass(frozen=True, eq=False, repr=False)
class StudyResults:
    """The answers of all replicates.

    Attributes
    ----------
    datasets : mapping of str to xarray.Dataset
        The results of each analysis, by its name. Dimensions are truth, design, replicate and estimand; variables are
        estimate, std_error, df, lower, upper and support; ``status`` of each replicate, a number that its attribute
        ``flag_meanings`` explains; ``target``, the true value of each estimand.
    record : dict
        The definition of the study, as `Study.to_dict` gives it.
    """

    datasets: Mapping[str, xr.Dataset]
    record: Mapping[str, Any]

    @property
    def n_done(self) -> int:
        """Replicates analysed, of all cells."""
        return int((_any_of(self.datasets)["status"] != NOT_RUN).sum())

    @property
    def n_wanted(self) -> int:
        """Replicates of all cells."""
        return int(_any_of(self.datasets)["status"].size)

    @property
    def is_complete(self) -> bool:
        """Whether every replicate has been analysed."""
        return self.n_done == self.n_wanted

    def __repr__(self) -> str:
        sizes = _any_of(self.datasets).sizes
        return (
            f"Study of {sizes['truth']} truths x {sizes['design']} designs: {self.n_done} of {self.n_wanted} "
            f"replicates, analysed by {', '.join(self.datasets)}"
        )


def status_codes(kinds: Iterable[str]) -> np.ndarray[Any, np.dtype[np.int8]]:
    """Numbers of statuses, or kinds of `Status`, in `STATUSES`."""
    return np.array([STATUSES.index(kind) for kind in kinds], dtype=np.int8)


def check_answers(analysis: Analysis, found: xr.Dataset, size: int) -> dict[str, np.ndarray[Any, Any]]:
    """What an analysis gave as arrays, shapes (size, questions), and ``status``, shape (size,).

    Raises
    ------
    SpecError
        If a variable or a status is missing, or has another shape.
    """
    shape = (size, len(analysis.labels))
    arrays: dict[str, np.ndarray[Any, Any]] = {}
    for name in VARIABLES:
        arrays[name] = np.asarray(_ordered(analysis, found, name, ("replicate", "estimand"), shape), dtype=np.float64)
    arrays["status"] = np.asarray(_ordered(analysis, found, "status", ("replicate",), shape[:1]), dtype=np.int8)
    if not ((arrays["status"] > NOT_RUN) & (arrays["status"] < len(STATUSES))).all():
        raise SpecError(f"Analysis {shown(analysis.name)} gave a status that is none of 1 to {len(STATUSES) - 1}.")
    return arrays


def attributes(study: Study, analysis: Analysis) -> dict[str, Any]:
    """What the dataset of an analysis says of itself."""
    rule = analysis.rule
    return {
        "analysis": analysis.name,
        "level": analysis.level,
        "rule_level": rule.level,
        "rule_margin": rule.margin,
        "rule_direction": rule.direction,
        "paired": int(study.paired),
    }


def _ordered(
    analysis: Analysis, found: xr.Dataset, name: str, dims: tuple[str, ...], shape: tuple[int, ...]
) -> xr.DataArray:
    if name not in found:
        raise SpecError(f"Analysis {shown(analysis.name)} gave no {shown(name)}.")
    if set(found[name].dims) != set(dims):
        raise SpecError(f"Analysis {shown(analysis.name)}: {shown(name)} is over {', '.join(dims)}.")
    ordered = found[name].transpose(*dims)
    if ordered.shape != shape:
        raise SpecError(f"Analysis {shown(analysis.name)}: {shown(name)} has shape {ordered.shape}, not {shape}.")
    return ordered


def _any_of(datasets: Mapping[str, xr.Dataset]) -> xr.Dataset:
    return next(iter(datasets.values()))
