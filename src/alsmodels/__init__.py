"""Mixed-effects longitudinal models for amyotrophic lateral sclerosis: REML and Bayes on one data schema.

Names are loaded on first use, so that importing the package costs nothing:

>>> import alsmodels as als
>>> spec = als.two_phase("alsfrs_r", arm="arm", knot=24)
"""

import importlib
from typing import TYPE_CHECKING

__version__ = "0.1.0.dev0"

if TYPE_CHECKING:
    from alsmodels.data.alsfrsr import delta_frs as delta_frs
    from alsmodels.data.cohort import Cohort as Cohort
    from alsmodels.data.examples import load_example as load_example
    from alsmodels.data.outcomes import Outcome as Outcome
    from alsmodels.data.readers.adam import read_adam as read_adam
    from alsmodels.data.readers.tables import read_cohort as read_cohort
    from alsmodels.data.roles import Roles as Roles
    from alsmodels.errors import AlsModelsError as AlsModelsError
    from alsmodels.errors import ConvergenceError as ConvergenceError
    from alsmodels.errors import DataError as DataError
    from alsmodels.errors import DesignError as DesignError
    from alsmodels.errors import EstimandError as EstimandError
    from alsmodels.errors import FormulaError as FormulaError
    from alsmodels.errors import IdentificationError as IdentificationError
    from alsmodels.errors import ReadError as ReadError
    from alsmodels.errors import SpecError as SpecError
    from alsmodels.frequentist.fit import LMMFit as LMMFit
    from alsmodels.frequentist.lmm import fit_lmm as fit_lmm
    from alsmodels.inference.comparisons import compare as compare
    from alsmodels.inference.estimates import estimands_for as estimands_for
    from alsmodels.inference.estimates import estimate as estimate
    from alsmodels.inference.predictions import mean_trajectories as mean_trajectories
    from alsmodels.model.design import Design as Design
    from alsmodels.model.design import build_design as build_design
    from alsmodels.model.estimand import change as change
    from alsmodels.model.estimand import difference as difference
    from alsmodels.model.estimand import slope as slope
    from alsmodels.model.estimand import slope_difference as slope_difference
    from alsmodels.model.estimand import slowing as slowing
    from alsmodels.model.spec import ModelSpec as ModelSpec
    from alsmodels.model.spec import linear_decline as linear_decline
    from alsmodels.model.spec import two_phase as two_phase
    from alsmodels.model.status import Status as Status
    from alsmodels.model.timescale import OnePhase as OnePhase
    from alsmodels.model.timescale import TwoPhase as TwoPhase
    from alsmodels.report.export import write_report as write_report
    from alsmodels.report.plots import plot_estimates as plot_estimates
    from alsmodels.report.plots import plot_trajectories as plot_trajectories

# Where each public name lives.
_HOMES = {
    "AlsModelsError": "errors",
    "Cohort": "data.cohort",
    "ConvergenceError": "errors",
    "DataError": "errors",
    "Design": "model.design",
    "DesignError": "errors",
    "EstimandError": "errors",
    "FormulaError": "errors",
    "IdentificationError": "errors",
    "LMMFit": "frequentist.fit",
    "ModelSpec": "model.spec",
    "OnePhase": "model.timescale",
    "Outcome": "data.outcomes",
    "ReadError": "errors",
    "Roles": "data.roles",
    "SpecError": "errors",
    "Status": "model.status",
    "TwoPhase": "model.timescale",
    "build_design": "model.design",
    "change": "model.estimand",
    "compare": "inference.comparisons",
    "delta_frs": "data.alsfrsr",
    "difference": "model.estimand",
    "estimands_for": "inference.estimates",
    "estimate": "inference.estimates",
    "fit_lmm": "frequentist.lmm",
    "linear_decline": "model.spec",
    "load_example": "data.examples",
    "mean_trajectories": "inference.predictions",
    "plot_estimates": "report.plots",
    "plot_trajectories": "report.plots",
    "read_adam": "data.readers.adam",
    "read_cohort": "data.readers.tables",
    "slope": "model.estimand",
    "slope_difference": "model.estimand",
    "slowing": "model.estimand",
    "two_phase": "model.spec",
    "write_report": "report.export",
}

__all__ = list(_HOMES)


def __getattr__(name: str) -> object:
    """Load a public name on first use."""
    if name not in _HOMES:
        msg = f"module 'alsmodels' has no attribute '{name}'"
        raise AttributeError(msg)
    value = getattr(importlib.import_module(f"alsmodels.{_HOMES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """The public names."""
    return sorted([*__all__, "__version__"])
