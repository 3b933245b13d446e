"""Mixed-effects longitudinal models for amyotrophic lateral sclerosis: REML and Bayes on one data schema.

Names are loaded on first use, so that importing the package costs nothing:

>>> import alsmodels as als
>>> spec = als.two_phase("alsfrs_r", arm="arm", knot=24)
"""

import importlib
from typing import TYPE_CHECKING

__version__ = "0.1.0.dev0"

if TYPE_CHECKING:
    from alsmodels.bayes.calibration import calibrate as calibrate
    from alsmodels.bayes.diagnostics import UnreliableDraws as UnreliableDraws
    from alsmodels.bayes.graph import build_model as build_model
    from alsmodels.bayes.joint import JointFit as JointFit
    from alsmodels.bayes.joint import sample_joint as sample_joint
    from alsmodels.bayes.lmm import sample_lmm as sample_lmm
    from alsmodels.bayes.many import sample_many as sample_many
    from alsmodels.bayes.posterior import PosteriorFit as PosteriorFit
    from alsmodels.bayes.predictive import add_predictive as add_predictive
    from alsmodels.bayes.predictive import prior_predictive as prior_predictive
    from alsmodels.bayes.rows import row_log_likelihood as row_log_likelihood
    from alsmodels.bayes.sampling import NutsOptions as NutsOptions
    from alsmodels.bayes.sensitivity import prior_sensitivity as prior_sensitivity
    from alsmodels.bayes.storage import load_posterior as load_posterior
    from alsmodels.bayes.storage import save_posterior as save_posterior
    from alsmodels.data.alsfrsr import delta_frs as delta_frs
    from alsmodels.data.cohort import Cohort as Cohort
    from alsmodels.data.cohort import concat as concat
    from alsmodels.data.examples import load_example as load_example
    from alsmodels.data.outcomes import Outcome as Outcome
    from alsmodels.data.readers.adam import read_adam as read_adam
    from alsmodels.data.readers.proact import read_proact as read_proact
    from alsmodels.data.readers.tables import read_cohort as read_cohort
    from alsmodels.data.readers.wide import read_wide as read_wide
    from alsmodels.data.roles import Roles as Roles
    from alsmodels.data.stages import kings_stage as kings_stage
    from alsmodels.data.stages import mitos_stage as mitos_stage
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
    from alsmodels.frequentist.fit import RegistryFit as RegistryFit
    from alsmodels.frequentist.lmm import fit_lmm as fit_lmm
    from alsmodels.frequentist.many import fit_many as fit_many
    from alsmodels.frequentist.parts import fit_parts as fit_parts
    from alsmodels.inference.ahead import compile_kernels as compile_kernels
    from alsmodels.inference.analyses import importance_analysis as importance_analysis
    from alsmodels.inference.analyses import reml_analysis as reml_analysis
    from alsmodels.inference.card import DesignCard as DesignCard
    from alsmodels.inference.card import design_card as design_card
    from alsmodels.inference.closed_form import expected_precision as expected_precision
    from alsmodels.inference.closed_form import sample_size as sample_size
    from alsmodels.inference.comparisons import compare as compare
    from alsmodels.inference.effects import minimum_detectable_effect as minimum_detectable_effect
    from alsmodels.inference.estimates import estimands_for as estimands_for
    from alsmodels.inference.estimates import estimate as estimate
    from alsmodels.inference.individuals import predict as predict
    from alsmodels.inference.leave_one_out import compare_loo as compare_loo
    from alsmodels.inference.operating import assurance as assurance
    from alsmodels.inference.operating import count_statuses as count_statuses
    from alsmodels.inference.operating import operating_characteristics as operating_characteristics
    from alsmodels.inference.pilot import Assurance as Assurance
    from alsmodels.inference.pilot import expected_assurance as expected_assurance
    from alsmodels.inference.pilot import pilot_truths as pilot_truths
    from alsmodels.inference.predictions import mean_trajectories as mean_trajectories
    from alsmodels.inference.sizing import SampleSize as SampleSize
    from alsmodels.inference.sizing import find_sample_size as find_sample_size
    from alsmodels.inference.study_files import read_study as read_study
    from alsmodels.model.combinations import contrast as contrast
    from alsmodels.model.combinations import effect_correlation as effect_correlation
    from alsmodels.model.design import Design as Design
    from alsmodels.model.design import build_design as build_design
    from alsmodels.model.distributions import LKJ as LKJ
    from alsmodels.model.distributions import Gamma as Gamma
    from alsmodels.model.distributions import HalfNormal as HalfNormal
    from alsmodels.model.distributions import HalfT as HalfT
    from alsmodels.model.distributions import Normal as Normal
    from alsmodels.model.means import change_from_baseline as change_from_baseline
    from alsmodels.model.means import difference as difference
    from alsmodels.model.means import mean as mean
    from alsmodels.model.power import detectable_effect as detectable_effect
    from alsmodels.model.power import power_for as power_for
    from alsmodels.model.presets import alsfrs_r_priors as alsfrs_r_priors
    from alsmodels.model.presets import nfl_priors as nfl_priors
    from alsmodels.model.priors import Priors as Priors
    from alsmodels.model.priors import default_priors as default_priors
    from alsmodels.model.response import ResponseModel as ResponseModel
    from alsmodels.model.slopes import change as change
    from alsmodels.model.slopes import slope as slope
    from alsmodels.model.slopes import slope_difference as slope_difference
    from alsmodels.model.slopes import slowing as slowing
    from alsmodels.model.spec import ModelSpec as ModelSpec
    from alsmodels.model.spec import linear_decline as linear_decline
    from alsmodels.model.spec import several_phases as several_phases
    from alsmodels.model.spec import two_phase as two_phase
    from alsmodels.model.status import Status as Status
    from alsmodels.model.timescale import OnePhase as OnePhase
    from alsmodels.model.timescale import Phases as Phases
    from alsmodels.model.timescale import TwoPhase as TwoPhase
    from alsmodels.report.calibration_plot import plot_calibration as plot_calibration
    from alsmodels.report.export import write_report as write_report
    from alsmodels.report.plots import plot_estimates as plot_estimates
    from alsmodels.report.plots import plot_trajectories as plot_trajectories
    from alsmodels.report.posterior_plots import plot_densities as plot_densities
    from alsmodels.report.posterior_plots import plot_prior_posterior as plot_prior_posterior
    from alsmodels.report.posterior_plots import plot_priors as plot_priors
    from alsmodels.report.power_plots import plot_operating as plot_operating
    from alsmodels.report.power_plots import plot_power as plot_power
    from alsmodels.report.predictive_plots import plot_predictive as plot_predictive
    from alsmodels.report.predictive_plots import plot_prior_predictive as plot_prior_predictive
    from alsmodels.report.simulated_plot import plot_simulated as plot_simulated
    from alsmodels.report.zip_plot import plot_zip as plot_zip
    from alsmodels.simulation import truths as truths
    from alsmodels.simulation.designs import TrialDesign as TrialDesign
    from alsmodels.simulation.generation import simulate_cohort as simulate_cohort
    from alsmodels.simulation.replicates import Replicates as Replicates
    from alsmodels.simulation.replicates import simulate_many as simulate_many
    from alsmodels.simulation.results import StudyResults as StudyResults
    from alsmodels.simulation.rules import Rule as Rule
    from alsmodels.simulation.runs import run_study as run_study
    from alsmodels.simulation.store import load_results as load_results
    from alsmodels.simulation.studies import Study as Study
    from alsmodels.simulation.survival import expected_survival as expected_survival
    from alsmodels.simulation.survival import match_survival as match_survival
    from alsmodels.simulation.truth import Truth as Truth

# Where each public name lives.
_HOMES = {
    "AlsModelsError": "errors",
    "Assurance": "inference.pilot",
    "Cohort": "data.cohort",
    "ConvergenceError": "errors",
    "DataError": "errors",
    "Design": "model.design",
    "DesignCard": "inference.card",
    "DesignError": "errors",
    "EstimandError": "errors",
    "FormulaError": "errors",
    "Gamma": "model.distributions",
    "HalfNormal": "model.distributions",
    "HalfT": "model.distributions",
    "IdentificationError": "errors",
    "JointFit": "bayes.joint",
    "LKJ": "model.distributions",
    "LMMFit": "frequentist.fit",
    "ModelSpec": "model.spec",
    "Normal": "model.distributions",
    "NutsOptions": "bayes.sampling",
    "OnePhase": "model.timescale",
    "Outcome": "data.outcomes",
    "Phases": "model.timescale",
    "PosteriorFit": "bayes.posterior",
    "Priors": "model.priors",
    "ReadError": "errors",
    "RegistryFit": "frequentist.fit",
    "Replicates": "simulation.replicates",
    "ResponseModel": "model.response",
    "Roles": "data.roles",
    "Rule": "simulation.rules",
    "SampleSize": "inference.sizing",
    "SpecError": "errors",
    "Status": "model.status",
    "Study": "simulation.studies",
    "StudyResults": "simulation.results",
    "TrialDesign": "simulation.designs",
    "Truth": "simulation.truth",
    "TwoPhase": "model.timescale",
    "UnreliableDraws": "bayes.diagnostics",
    "add_predictive": "bayes.predictive",
    "alsfrs_r_priors": "model.presets",
    "assurance": "inference.operating",
    "build_design": "model.design",
    "build_model": "bayes.graph",
    "calibrate": "bayes.calibration",
    "change": "model.slopes",
    "change_from_baseline": "model.means",
    "compare": "inference.comparisons",
    "compare_loo": "inference.leave_one_out",
    "compile_kernels": "inference.ahead",
    "concat": "data.cohort",
    "contrast": "model.combinations",
    "count_statuses": "inference.operating",
    "default_priors": "model.priors",
    "delta_frs": "data.alsfrsr",
    "design_card": "inference.card",
    "detectable_effect": "model.power",
    "difference": "model.means",
    "effect_correlation": "model.combinations",
    "estimands_for": "inference.estimates",
    "estimate": "inference.estimates",
    "expected_assurance": "inference.pilot",
    "expected_precision": "inference.closed_form",
    "expected_survival": "simulation.survival",
    "find_sample_size": "inference.sizing",
    "fit_lmm": "frequentist.lmm",
    "fit_many": "frequentist.many",
    "fit_parts": "frequentist.parts",
    "importance_analysis": "inference.analyses",
    "kings_stage": "data.stages",
    "linear_decline": "model.spec",
    "load_example": "data.examples",
    "load_posterior": "bayes.storage",
    "load_results": "simulation.store",
    "match_survival": "simulation.survival",
    "mean": "model.means",
    "mean_trajectories": "inference.predictions",
    "minimum_detectable_effect": "inference.effects",
    "mitos_stage": "data.stages",
    "nfl_priors": "model.presets",
    "operating_characteristics": "inference.operating",
    "pilot_truths": "inference.pilot",
    "plot_calibration": "report.calibration_plot",
    "plot_densities": "report.posterior_plots",
    "plot_estimates": "report.plots",
    "plot_operating": "report.power_plots",
    "plot_power": "report.power_plots",
    "plot_predictive": "report.predictive_plots",
    "plot_prior_posterior": "report.posterior_plots",
    "plot_prior_predictive": "report.predictive_plots",
    "plot_priors": "report.posterior_plots",
    "plot_simulated": "report.simulated_plot",
    "plot_trajectories": "report.plots",
    "plot_zip": "report.zip_plot",
    "power_for": "model.power",
    "predict": "inference.individuals",
    "prior_predictive": "bayes.predictive",
    "prior_sensitivity": "bayes.sensitivity",
    "read_adam": "data.readers.adam",
    "read_cohort": "data.readers.tables",
    "read_proact": "data.readers.proact",
    "read_study": "inference.study_files",
    "read_wide": "data.readers.wide",
    "reml_analysis": "inference.analyses",
    "row_log_likelihood": "bayes.rows",
    "run_study": "simulation.runs",
    "sample_joint": "bayes.joint",
    "sample_lmm": "bayes.lmm",
    "sample_many": "bayes.many",
    "sample_size": "inference.closed_form",
    "save_posterior": "bayes.storage",
    "simulate_cohort": "simulation.generation",
    "simulate_many": "simulation.replicates",
    "several_phases": "model.spec",
    "slope": "model.slopes",
    "slope_difference": "model.slopes",
    "slowing": "model.slopes",
    "truths": "simulation.truths",
    "two_phase": "model.spec",
    "write_report": "report.export",
}

__all__ = list(_HOMES)


def __getattr__(name: str) -> object:
    """Load a public name on first use."""
    if name not in _HOMES:
        msg = f"module 'alsmodels' has no attribute '{name}'"
        raise AttributeError(msg)
    home = importlib.import_module(f"alsmodels.{_HOMES[name]}")
    # `truths` is a module itself; every other name is in one.
    value = home if home.__name__.endswith(f".{name}") else getattr(home, name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """The public names."""
    return sorted([*__all__, "__version__"])
