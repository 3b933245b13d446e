"""All kernels compiled ahead, for images and classrooms: every piece of work is done once, on small data."""

import importlib.util
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd

from alsmodels.bayes.calibration import calibrate
from alsmodels.bayes.joint import sample_joint
from alsmodels.bayes.lmm import sample_lmm
from alsmodels.bayes.many import sample_many
from alsmodels.bayes.rows import row_log_likelihood
from alsmodels.bayes.sampling import NutsOptions
from alsmodels.data.examples import load_example
from alsmodels.frequentist.lmm import fit_lmm
from alsmodels.frequentist.many import fit_many
from alsmodels.frequentist.parts import fit_parts
from alsmodels.inference.estimates import estimands_for, estimate
from alsmodels.kernels.compiling import compiling_all
from alsmodels.kernels.optimum import examine
from alsmodels.model.design import build_design
from alsmodels.model.distributions import Normal
from alsmodels.model.progress import is_shown, progress_bar
from alsmodels.model.reduction import reduce_design
from alsmodels.model.response import ResponseModel
from alsmodels.model.slopes import slope
from alsmodels.model.spec import two_phase

__all__ = ["compile_kernels"]

MODEL: Final = "alsfrs_r ~ week + (week | subject)"
SHORT: Final = NutsOptions(chains=2, tune=5, progress=False)
# Enough for the loops over rows and over patterns of subjects that use threads.
MANY, VISITS = 4800, 14


def compile_kernels(*, progress: bool | None = None) -> dict[str, float]:
    """Compile every kernel and keep it, so that no later call on this machine interprets or compiles.

    It takes some minutes on a new machine and seconds where the kernels are there. Nobody has to call it: a first call
    interprets what it can and compiles what it must. It is for images of containers and for classrooms, where many
    begin at once.

    Parameters
    ----------
    progress : bool, optional
        Whether to show a progress bar; by default only in a terminal.

    Returns
    -------
    dict of str to float
        The pieces of work and the seconds that each took.

    Examples
    --------
    >>> compile_kernels()  # doctest: +SKIP
    """
    seconds = {}
    bar = progress_bar("Compiling kernels", total=len(WORKS), shown=is_shown(progress))
    with compiling_all(), bar as advance:
        for name, work in WORKS.items():
            start = time.perf_counter()
            work()
            seconds[name] = round(time.perf_counter() - start, 1)
            advance()
    return seconds


def _fit() -> None:
    cohort, spec = load_example(), two_phase("alsfrs_r", arm="arm", knot=24)
    fit = fit_lmm(spec, cohort)
    estimate(fit, estimands_for(spec, cohort))
    fit.random_effects()


def _fit_many_subjects() -> None:
    table = _irregular()
    estimate(fit_lmm("y ~ week + (week | subject)", table, on_failure="return"), slope())
    fit = fit_lmm("y ~ week + nearly + (week | subject)", table, on_failure="return")
    blocks = reduce_design(fit.design)
    examine(np.eye(2), blocks, reml=True, tolerance=1e-4)


def _irregular() -> pd.DataFrame:
    """Subjects who are all seen at weeks of their own, and a covariate that is nearly the week."""
    rng = np.random.default_rng(1)
    subject = np.repeat(np.arange(MANY), VISITS)
    week = np.sort(rng.uniform(0.0, 52.0, (MANY, VISITS)), axis=1).ravel()
    own = rng.normal(size=(MANY, 2))[subject]
    y = 40.0 + 3.0 * own[:, 0] - (0.2 + 0.1 * own[:, 1]) * week + rng.normal(size=len(week))
    nearly = week + 1e-6 * rng.normal(size=len(week))
    return pd.DataFrame({"subject": subject.astype(str), "week": week, "y": y, "nearly": nearly})


def _fit_parts() -> None:
    if importlib.util.find_spec("dask") is None:
        return
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "visits.parquet"
        load_example().to_frame().to_parquet(file, row_group_size=300)
        fit = fit_parts(MODEL, file, progress=False)
    estimate(fit, slope())


def _fit_many() -> None:
    fit_many(MODEL, _twice(), estimands=[slope()])


def _twice() -> pd.DataFrame:
    frame = load_example().to_frame()
    return pd.concat([frame.assign(replicate=1), frame.assign(replicate=2)])


def _importance() -> None:
    fit = sample_lmm(MODEL, load_example(), method="importance", draws=400, seed=1, on_failure="return")
    estimate(fit, slope())
    row_log_likelihood(fit)


def _sample_many() -> None:
    sample_many(MODEL, _twice(), draws=400, seed=1, progress=False)
    calibrate(MODEL, load_example(), replicates=20, draws=19, seed=1, progress=False)


def _joint() -> None:
    models = [MODEL, "log(fibrinogen) ~ week + (week | subject)"]
    sample_joint(models, load_example(), method="importance", draws=400, seed=1, on_failure="return")


def _nuts() -> None:
    sample_lmm(MODEL, load_example(), draws=20, nuts=SHORT, seed=1, on_failure="return")


def _hierarchical() -> None:
    design = build_design(two_phase("alsfrs_r", arm="arm", knot=24), load_example())
    varied: dict[str, Any] = {"tails": "student_t", "censored": True, "sd_by_arm": True, "sd_by_level": True}
    for response in (ResponseModel(**varied), ResponseModel(tails="student_t", knot=Normal(24, 4))):
        sample_lmm(design, response=response, draws=20, nuts=SHORT, seed=1, on_failure="return")


def _knot() -> None:
    design = build_design(two_phase("alsfrs_r", arm="arm", knot=24), load_example())
    known: dict[str, Any] = {"response": ResponseModel(knot=Normal(24, 4)), "seed": 1, "on_failure": "return"}
    sample_lmm(design, method="importance", draws=400, **known)
    sample_lmm(design, draws=20, nuts=SHORT, **known)


WORKS: Final[Mapping[str, Callable[[], None]]] = {
    "fit_lmm": _fit,
    "fit_lmm of many subjects": _fit_many_subjects,
    "fit_parts": _fit_parts,
    "fit_many": _fit_many,
    "importance": _importance,
    "sample_many": _sample_many,
    "sample_joint": _joint,
    "nuts": _nuts,
    "hierarchical": _hierarchical,
    "unknown knot": _knot,
}
