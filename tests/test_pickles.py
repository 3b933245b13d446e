"""Every public value goes through pickle and deepcopy, and is the same afterwards."""

import copy
import dataclasses
import enum
import inspect
import pickle
from collections.abc import Mapping

import numpy as np
import pandas as pd
import pytest
import xarray as xr

import alsmodels as als

WAYS = {"pickle": lambda value: pickle.loads(pickle.dumps(value)), "deepcopy": copy.deepcopy, "copy": copy.copy}  # noqa: S301 - our own bytes
FORMULA = "alsfrs_r ~ arm * week + (week | subject)"


def make_values(folder):
    """A value of every public class, and of what verbs give."""
    cohort = als.load_example()
    fit = als.fit_lmm(FORMULA, cohort)
    post = als.sample_lmm(FORMULA, cohort, method="importance", draws=400, seed=1)
    asked = [als.slope(arm="control"), als.slope_difference("anakinra", "control")]
    truth, trial = als.truths.healey_like(), als.TrialDesign("as planned")
    analysis = als.reml_analysis(FORMULA, [als.slope_difference("active", "placebo")])
    study = als.Study(truth, trial, analysis, n_replicates=2, seed=1)
    joint = als.sample_joint(
        ["alsfrs_r ~ week + (1 | subject)", "fibrinogen ~ week + (1 | subject)"],
        cohort, method="importance", draws=400, seed=1, on_failure="return",
    )  # fmt: skip
    frame = cohort.to_frame()
    frame.to_parquet(folder / "parts.parquet")
    many = als.simulate_many(truth, n_replicates=2, seed=1)
    return {
        "cohort": cohort,
        "summary": cohort.summary(),
        "findings": cohort.findings,
        "outcomes": tuple(cohort.outcomes.values()),
        "roles": cohort.roles,
        "design": fit.design,
        "spec": fit.spec,
        "formula": als.two_phase("alsfrs_r", arm="arm", knot=24),
        "fit": fit,
        "statsmodels": als.fit_lmm("alsfrs_r ~ week + (1 | subject)", cohort, engine="statsmodels"),
        "parts": als.fit_parts("alsfrs_r ~ week + (1 | subject)", str(folder / "parts.parquet")),
        "fit_many": als.fit_many("alsfrs_r ~ week + (1 | subject)", [frame, frame]),
        "posterior": post,
        "posteriors": als.sample_many("alsfrs_r ~ week + (1 | subject)", [frame], draws=400, seed=1),
        "priors": post.priors,
        "by hand": als.Priors(
            fixed={"(Intercept)": als.Normal(0, 1)}, sds={"(Intercept)": als.HalfNormal(1)}, residual=als.HalfT(3, 1)
        ),
        "joint": joint,
        "questions": tuple(asked),
        "estimates": als.estimate(fit, asked),
        "compared": als.compare({"REML": fit, "Bayes": post}, asked),
        "trajectories": als.mean_trajectories(fit),
        "truth": truth,
        "trial": trial,
        "analysis": analysis,
        "study": study,
        "results": als.run_study(study),
        "replicates": many,
        "card": als.design_card(als.truths.anakinra_like(), controls="historical", weeks=24, n_replicates=0),
        "response": als.ResponseModel(tails="student_t", knot=als.Normal(24, 4)),
        "prior_predictive": als.prior_predictive(fit.design, post.priors, draws=20, seed=1),
        "time": (als.OnePhase(), als.TwoPhase(24.0), als.Phases((12.0, 24.0))),
        "distributions": (als.Gamma(2, 0.1), als.LKJ(2), als.NutsOptions()),
        "assurance": als.expected_assurance([als.truths.anakinra_like()] * 2, arms={"anakinra": 17, "control": 47}),
        "sample size": als.find_sample_size(
            als.truths.healey_like(ratio=0.2), trial, analysis, n_replicates=20, rounds=2, seed=1
        ),
        "calibration": als.calibrate("alsfrs_r ~ week + (1 | subject)", cohort, replicates=10, draws=19, seed=1),
    }


@pytest.fixture(scope="module")
def values(tmp_path_factory):
    return make_values(tmp_path_factory.mktemp("parts"))


def same(one, other):
    """The same, part by part; what has no equality of its own is compared by its fields."""
    assert type(one) is type(other) or isinstance(one, pd.DataFrame)  # a copy of a table of results may be plain
    if isinstance(one, pd.DataFrame):
        pd.testing.assert_frame_equal(pd.DataFrame(one), pd.DataFrame(other))
        same(one.attrs, other.attrs)
    elif isinstance(one, (pd.Series, pd.Index)):
        assert one.equals(other)
    elif isinstance(one, (xr.DataTree, xr.Dataset)):
        assert one.identical(other)
    elif isinstance(one, np.ndarray):
        np.testing.assert_array_equal(one, other)
    elif isinstance(one, (list, tuple)):
        assert len(one) == len(other)
        for first, second in zip(one, other, strict=True):
            same(first, second)
    elif hasattr(one, "keys"):
        assert list(one) == list(other)
        for name in one:
            same(one[name], other[name])
    elif dataclasses.is_dataclass(one):
        for field in dataclasses.fields(one):
            same(getattr(one, field.name), getattr(other, field.name))
    elif isinstance(one, (str, int, float, bool, enum.Enum, type(None), slice)) or inspect.isroutine(one):
        assert one == other or (one != one and other != other)
        assert getattr(one, "kind", None) == getattr(other, "kind", None)  # a note is a text with a kind
    else:
        assert repr(one) == repr(other) or vars(one).keys() == vars(other).keys()


NAMES = (
    "cohort", "summary", "findings", "outcomes", "roles", "design", "spec", "formula", "fit", "statsmodels", "parts",
    "fit_many", "posterior", "posteriors", "priors", "by hand", "joint", "questions", "estimates", "compared",
    "trajectories", "truth", "trial", "analysis", "study", "results", "replicates", "card", "response",
    "prior_predictive", "time", "distributions", "assurance", "sample size", "calibration",
)  # fmt: skip


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("name", NAMES)
def test_values_go_through_pickle_and_copy(values, name, way):
    same(WAYS[way](values[name]), values[name])


def test_public_classes_are_all_among_them(values):
    """A new public class whose values nobody pickles here is found."""
    assert set(NAMES) == set(values)
    met, waiting = set(), list(values.values())
    while waiting:
        value = waiting.pop()
        met.add(type(value))
        if isinstance(value, (list, tuple)):
            waiting += value
        elif dataclasses.is_dataclass(value):
            waiting += [getattr(value, field.name) for field in dataclasses.fields(value)]
        elif isinstance(value, Mapping):
            waiting += list(value.values())
    public = {value for value in map(als.__getattr__, als.__all__) if dataclasses.is_dataclass(value)}
    assert sorted(one.__name__ for one in public - met) == []


def test_a_posterior_works_after_pickling_in_another_state(values):
    post = WAYS["pickle"](values["posterior"])
    asked = [als.slope_difference("anakinra", "control")]
    pd.testing.assert_frame_equal(
        pd.DataFrame(als.estimate(post, asked)), pd.DataFrame(als.estimate(values["posterior"], asked))
    )
    with pytest.raises(TypeError):
        post.priors.fixed["week"] = None
