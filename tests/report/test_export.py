"""The folder of a report: what is written reads back as what was computed."""

import json
import signal
import subprocess
import sys
import time

import numpy as np
import pandas as pd
import pytest
from deaths import deaths, tree

import alsmodels as als
from alsmodels.files.folders import read_together
from alsmodels.report import export
from alsmodels.report.export import write_report, write_table


def read_json(path):
    """JSON as the standard has it: no NaN, no Infinity."""
    return json.loads(path.read_text(encoding="utf-8"), parse_constant=lambda word: pytest.fail(f"{word} in {path}"))


def read_csv(path, like):
    """CSV as text, and its numbers as Python reads them, which is to the last digit."""
    table = pd.read_csv(path, dtype=str).fillna({"extrapolated": ""})  # a text that is empty in most rows
    return table.astype({name: like[name].dtype for name in like.columns if like[name].dtype.kind in "if"})


@pytest.fixture(scope="module")
def folder(fit, second, asked, cohort, tmp_path_factory):
    folder = tmp_path_factory.mktemp("report") / "deep" / "er"
    written = write_report({"ours": fit, "theirs": second}, asked, folder, cohort=cohort)
    assert sorted(written) == sorted(folder.iterdir())
    return folder


def test_estimates_read_back_to_the_last_digit(folder, fit, second, asked):
    expected = pd.DataFrame(als.compare({"ours": fit, "theirs": second}, asked))
    pd.testing.assert_frame_equal(read_csv(folder / "estimates.csv", expected), expected, check_exact=True)
    rows = pd.DataFrame(read_json(folder / "estimates.json")["rows"])
    finite = expected.replace([np.inf], np.nan)
    np.testing.assert_array_equal(rows["std_error"], expected["std_error"])
    np.testing.assert_array_equal(rows["df"], finite["df"])


def test_infinite_degrees_of_freedom_are_null_and_told(folder, asked):
    content = read_json(folder / "estimates.json")
    assert f"{len(asked)} infinite values of df are null here." in content["notes"]
    assert content["rows"][1]["df"] is None


def test_every_json_is_strict_and_has_its_twin(folder):
    for path in folder.glob("*.json"):
        content = read_json(path)
        if path.name != "spec.json":
            assert len(content["rows"]) == len(pd.read_csv(path.with_suffix(".csv")))


def test_the_tables_are_those_of_the_fits(folder, fit):
    coefficients = read_csv(folder / "coefficients.csv", fit.coefficients)
    ours = coefficients[coefficients["fit"] == "ours"].drop(columns="fit").reset_index(drop=True)
    pd.testing.assert_frame_equal(ours, fit.coefficients, check_exact=True)
    effects = pd.read_csv(folder / "random_effects.csv")
    assert effects.groupby("fit").size().to_dict() == {"ours": 64, "theirs": 64}
    components = pd.read_csv(folder / "variance_components.csv")
    assert components["term"].iloc[6] == "sd__Observation"
    assert components["estimate"].iloc[6] == pytest.approx(fit.sigma)
    assert pd.read_csv(folder / "fits.csv")["status"].tolist() == ["converged", "converged"]


def test_spec_and_figures_are_there(folder, fit):
    assert als.ModelSpec.from_json((folder / "spec.json").read_text()) == fit.spec
    for name in ("trajectories.png", "estimates.png"):
        assert (folder / name).read_bytes().startswith(b"\x89PNG")


def test_the_flow_goes_on_to_the_rows_of_the_model(cohort, tmp_path):
    fit = als.fit_lmm("fibrinogen ~ week + (1 | subject)", cohort)
    write_report(fit, [als.slope()], tmp_path, cohort=cohort)
    assert pd.read_csv(tmp_path / "flow.csv").to_dict("list") == {
        "step": ["read", "kept", "not in the model: fibrinogen is missing", "in the model"],
        "rows": [672, 672, 18, 654],
        "subjects": [64, 64, 0, 64],
    }
    assert "fit" not in pd.read_csv(tmp_path / "coefficients.csv").columns


def test_fits_of_two_specifications_write_two(fit, cohort, tmp_path):
    other = als.fit_lmm(als.two_phase("alsfrs_r", arm="arm", random="slope"), cohort)
    write_report({"full": fit, "one / slope": other}, [als.slope(phase=1, arm="control")], tmp_path)
    assert sorted(path.name for path in tmp_path.glob("spec*")) == ["spec-full.json", "spec-one_slope.json"]


def test_a_model_of_a_logarithm_is_reported_on_the_scale_of_the_outcome(cohort, tmp_path):
    fit = als.fit_lmm("log(fibrinogen) ~ week + (1 | subject)", cohort)
    write_report(fit, [als.slope()], tmp_path, cohort=cohort, scale="ratio")
    told = pd.read_csv(tmp_path / "estimates.csv")
    assert told["unit"].tolist() == ["per cent per month"]
    assert told["estimate"][0] == pytest.approx(als.estimate(fit, als.slope(), scale="ratio")["estimate"].item())
    means = pd.read_csv(tmp_path / "trajectories.csv")
    expected = als.mean_trajectories(fit, scale="ratio")
    np.testing.assert_allclose(means["estimate"], expected["estimate"])
    with pytest.raises(als.EstimandError, match="alsfrs_r' is modelled as it is"):
        write_report(als.fit_lmm("alsfrs_r ~ week + (1 | subject)", cohort), [als.slope()], tmp_path, scale="ratio")
    assert pd.read_csv(tmp_path / "estimates.csv")["unit"].tolist() == ["per cent per month"]


def test_a_model_without_time_writes_no_estimates_and_no_figures(cohort, tmp_path):
    fit = als.fit_lmm("alsfrs_r ~ arm + (1 | subject)", cohort)
    write_report(fit, [], tmp_path)
    assert not list(tmp_path.glob("*.png"))
    assert not (tmp_path / "estimates.csv").exists()


def test_a_file_is_no_folder(fit, tmp_path):
    (tmp_path / "file").write_text("x")
    with pytest.raises(als.ReadError, match="give a folder"):
        write_report(fit, [], tmp_path / "file")


def test_a_table_of_anything_is_strict_json(tmp_path):
    table = pd.DataFrame({"n": [1, 2], "x": [np.inf, np.nan], "flag": [True, False], "who": ["Ä", None]})
    write_table(table, tmp_path / "odd.name", notes=["Told."])
    assert read_json(tmp_path / "odd.name.json") == {
        "table": "odd.name",
        "columns": ["n", "x", "flag", "who"],
        "notes": ["Told.", "1 infinite values of x are null here."],
        "rows": [{"n": 1, "x": None, "flag": True, "who": "Ä"}, {"n": 2, "x": None, "flag": False, "who": None}],
    }


@pytest.fixture
def short(monkeypatch):
    """Reports of two tables and the specification, for many of them."""
    whole = export._tables

    def few(*args, **kwargs):
        tables = whole(*args, **kwargs)
        return {name: tables[name] for name in ("coefficients", "fits")}

    monkeypatch.setattr(export, "_tables", few)
    monkeypatch.setattr(export, "_write_figures", lambda *_args, **_kwargs: [])
    monkeypatch.setattr("os.fsync", lambda handle: None)


def test_a_death_at_any_step_leaves_one_report(short, fit, second, tmp_path):
    names = ("coefficients.csv", "fits.csv", "fits.json", "spec.json")
    old, new = ((write_report(one, [], tmp_path), read_together(tmp_path, names))[1] for one in (fit, second))
    assert old != new
    found = [
        read_together(tmp_path, names)
        for _ in deaths(lambda: write_report(second, [], tmp_path), lambda: write_report(fit, [], tmp_path))
    ]
    assert found[0] == old
    assert found[-1] == new
    assert all(one in (old, new) for one in found)


WRITE = """
import sys
import alsmodels as als
cohort = als.load_example()
fits = [als.fit_lmm("alsfrs_r ~ week + (1 | subject)", cohort, method=method) for method in ("REML", "ML")]
for turn in range(10**6):
    als.write_report(fits[turn % 2], [], sys.argv[1])
    print("written", flush=True)
"""
COMMAND = """
import contextlib, io, sys
from alsmodels.cli import main
for turn in range(10**6):
    with contextlib.redirect_stdout(io.StringIO()):
        words = ["--outcome", "alsfrs_r", "--one-phase", "--no-arm", "--method", ("REML", "ML")[turn % 2]]
        assert main(["fit", sys.argv[2], *words, "--out", sys.argv[1]]) == 0
    print("written", flush=True)
"""


@pytest.mark.parametrize("program", [WRITE, COMMAND], ids=["write_report", "fit --out"])
@pytest.mark.parametrize("tries", [1, pytest.param(20, marks=pytest.mark.slow)])
def test_killed_at_random_moments_a_report_is_of_one_fit(program, cohort, tmp_path, tries):
    cohort.to_frame().to_csv(tmp_path / "trial.csv", index=False)
    chance, whole = np.random.default_rng(7), {}
    names = ("coefficients.csv", "fits.csv", "fits.json", "trajectories.csv", "trajectories.png", "spec.json")
    for _ in range(tries):
        words = [sys.executable, "-c", program, tmp_path / "report", tmp_path / "trial.csv"]
        with subprocess.Popen(words, stdout=subprocess.PIPE) as process:
            process.stdout.readline()
            time.sleep(chance.uniform(0.0, 3.0))
            process.send_signal(signal.SIGKILL)
        found = read_together(tmp_path / "report", names)
        method = "REML" if b"REML" in found["fits.csv"] else "ML"
        assert whole.setdefault(method, found) == found


def test_a_report_replaces_the_earlier_one_whole_and_leaves_what_is_not_its_own(short, fit, cohort, tmp_path):
    other = als.fit_lmm(als.two_phase("alsfrs_r", arm="arm", random="slope"), cohort)
    outside = tmp_path / "outside.csv"
    outside.write_text("theirs")
    folder = tmp_path / "report"
    write_report({"full": fit, "slope": other}, [], folder)
    (folder / "notes.txt").write_text("mine")
    (folder / "fits.csv").chmod(0o600)
    (folder / "coefficients.csv").unlink()
    (folder / "coefficients.csv").symlink_to(outside)
    write_report(fit, [], folder)
    assert {name for name in tree(folder) if name.startswith("spec")} == {"spec.json"}
    assert (folder / "notes.txt").read_text() == "mine"
    assert (folder / "fits.csv").stat().st_mode & 0o777 == 0o600
    assert outside.read_text() == "theirs"
    assert len(pd.read_csv(folder / "coefficients.csv")) == len(fit.coefficients)


@pytest.fixture(scope="module")
def posterior(fit):
    return als.sample_lmm(fit.spec, als.load_example(), method="importance", draws=400, seed=1)


def test_a_posterior_has_its_parameters_in_place_of_coefficients(posterior, asked, cohort, tmp_path):
    written = write_report(posterior, asked, tmp_path / "rep", cohort=cohort, level=0.9)
    names = {path.name for path in written}
    assert {"parameters.csv", "priors.json", "trajectories.png", "estimates.png", "spec.json"} <= names
    assert not {"coefficients.csv", "variance_components.csv"} & names
    table = pd.read_csv(tmp_path / "rep" / "parameters.csv")
    fixed = posterior.coefficient_table(level=0.9)
    first = table.iloc[: len(fixed)]
    np.testing.assert_allclose(first[["mean", "sd", "lower", "upper"]], fixed.iloc[:, 1:5], rtol=1e-12)
    (residual,) = table[table["parameter"] == "sigma"].to_dict("records")
    np.testing.assert_allclose(
        [residual["lower"], residual["upper"]], np.quantile(posterior.stacked("sigma"), [0.05, 0.95]), rtol=1e-12
    )


def test_an_optimum_and_a_posterior_stand_side_by_side(fit, posterior, asked, tmp_path):
    fits = {"REML": fit, "Bayes": posterior}
    names = {path.name for path in write_report(fits, asked, tmp_path / "rep")}
    assert {"coefficients.csv", "variance_components.csv", "parameters.csv", "trajectories.png"} <= names
    estimates = pd.read_csv(tmp_path / "rep" / "estimates.csv")
    assert estimates["fit"].tolist() == ["REML", "Bayes"] * len(asked)
    assert dict(zip(estimates["fit"], estimates["engine"], strict=True)) == {
        "REML": "alsmodels REML",
        "Bayes": "importance",
    }
    parts = {name: set(pd.read_csv(tmp_path / "rep" / f"{name}.csv")["fit"]) for name in ("coefficients", "parameters")}
    assert parts == {"coefficients": {"REML"}, "parameters": {"Bayes"}}
    table = pd.read_csv(tmp_path / "rep" / "fits.csv")
    assert table["nsubjects"].tolist() == [fit.design.n_subjects] * 2
    assert table["status"].tolist() == [fit.status.kind.value, posterior.status.kind.value]
    for name in ("fits", "trajectories", "random_effects"):
        assert set(read_json(tmp_path / "rep" / f"{name}.json")["rows"][-1]) >= {"fit"}


def test_what_has_no_report_is_refused_in_a_sentence(fit, tmp_path):
    with pytest.raises(als.EstimandError, match=r"from fit_lmm or sample_lmm.*; not of DataFrame"):
        write_report({"a": fit, "b": fit.coefficients}, [], tmp_path / "rep")
    with pytest.raises(als.EstimandError, match="not of list"):
        write_report([fit], [], tmp_path / "rep")
    with pytest.raises(als.EstimandError, match="nothing to report"):
        write_report({}, [], tmp_path / "rep")
    assert not (tmp_path / "rep").exists()
