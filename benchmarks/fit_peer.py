"""What every package looks like to the benchmarks, and what their adapters share."""

from __future__ import annotations  # what annotations name is not imported

import re
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

import numpy as np

from fit_data import Case, Matrix

if TYPE_CHECKING:
    from fit_criterion import Answer

OURS = "alsmodels"
LEAST_SQUARES = "least squares"
NOT_INSTALLED = "not installed"
Prepare = Callable[[Case, str], Callable[[], Any]]


@dataclass(frozen=True, slots=True)
class Peer:
    """A package behind one face.

    Attributes
    ----------
    name : as tables call it
    package : what it is called in the package index
    module : what is imported; None for what Python does not import
    ways : by the way data come, what prepares a fit
    read : the answer in a result; None for what has none
    instead : what it fits, and why, if it cannot express the model
    """

    name: str
    package: str
    module: str | None
    ways: dict[str, Prepare]
    read: Callable[[Any, Case], Answer | None]
    instead: str = ""

    @property
    def is_here(self) -> bool:
        """Whether it is installed."""
        return self.module is None or find_spec(self.module) is not None


def in_our_order(beta: Any, names: Sequence[str], fixed: str) -> Matrix:
    """Fixed effects in the order of the terms in ``fixed``, the intercept first, whatever order a package has.

    Names are known by the columns they hold; those of a fit from arrays hold none, and its order is ours.
    """
    columns = sorted(set(re.findall(r"\w+", fixed)), key=len, reverse=True)
    held = [frozenset(re.findall(rf"\b(?:{'|'.join(columns)})", name)) for name in names]
    wanted = [frozenset(), *(frozenset(term.split(":")) for term in fixed.split(" + "))]
    return np.asarray(beta)[[held.index(term) for term in wanted]] if any(held) else np.asarray(beta)


def say(converged: bool | None) -> str:
    """Of convergence, in a word."""
    return "converged" if converged else "not converged"


def lme4_formula(case: Case) -> str:
    """The formula in lme4's words."""
    return f"y ~ {case.model.fixed} + ({case.model.random} | subject)"


def without_warnings(fit: Callable[[], Any]) -> Any:
    """What a package warns of is read from its result."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return fit()
