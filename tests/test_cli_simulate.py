"""``alsmodels simulate``: what it writes is read back, the same for a seed, and it refuses in sentences."""

import pandas as pd
import pytest

import alsmodels as als
from alsmodels.cli import main


def run(capsys, *words):
    status = main([str(word) for word in words])
    captured = capsys.readouterr()
    return status, captured.out, captured.err


def refused(capsys, *words):
    status, _, error = run(capsys, *words)
    assert status == 2
    assert "Traceback" not in error
    return " ".join(error.split())


@pytest.fixture
def file(tmp_path):
    return tmp_path / "cohort.csv"


def test_the_files_are_the_cohort(capsys, file):
    """Read back as anyone would read them, they are what `simulate_cohort` gives."""
    status, out, _ = run(capsys, "simulate", "anakinra_like", "--seed", 3, "--out", file)
    assert status == 0
    truth = als.truths.anakinra_like()
    events = file.with_name("cohort_events.csv")
    roles = als.Roles("subject", "week", "arm", control="control")
    again = als.read_cohort(file, roles, outcomes=truth.outcomes, events=events)
    cohort = als.simulate_cohort(truth, seed=3)
    pd.testing.assert_frame_equal(again.visits, cohort.visits)
    pd.testing.assert_frame_equal(again.events, cohort.events)
    pd.testing.assert_frame_equal(again.subjects[cohort.subjects.columns], cohort.subjects)
    assert als.Truth.from_json(file.with_name("cohort_truth.json").read_text(encoding="utf-8")) == truth
    assert "no patient is in it" in out
    assert "Maier et al. 2015" in out
    assert "assumption" in out
    assert "cohort_events.csv" in "".join(out.split())


def test_values_below_the_limit_are_written_so_and_whole_scores_whole(capsys, file):
    run(capsys, "simulate", "realistic", "--seed", 1, "--out", file)
    table = pd.read_csv(file, dtype=str, keep_default_na=False)
    assert "<1.5" in set(table["il6"])
    assert "" in set(table["nfl"])
    assert table["alsfrs_r"].str.fullmatch(r"\d+").all()
    assert "il6_censored" not in table.columns


def test_a_json_file_may_take_the_place_of_a_name_and_arms_other_sizes(capsys, file):
    truth = als.truths.gaussian()
    file.with_name("mine.json").write_text(truth.to_json(), encoding="utf-8")
    words = (
        "simulate",
        file.with_name("mine.json"),
        "--seed",
        5,
        "--out",
        file,
        "--arm",
        "treated=4",
        "--arm",
        "control=6",
    )
    status, _, _ = run(capsys, *words)
    assert status == 0
    table = pd.read_csv(file)
    assert table.drop_duplicates("subject")["arm"].value_counts().to_dict() == {"control": 6, "treated": 4}
    events = file.with_name("cohort_events.csv")
    assert events.read_text(encoding="utf-8") == "subject,event,week\n"  # nobody leaves
    assert als.read_cohort(
        file, als.Roles("subject", "week", "arm"), outcomes=truth.outcomes, events=events
    ).events.empty
    first = file.read_bytes()
    run(capsys, *words)
    assert file.read_bytes() == first


def test_names_may_have_hyphens(capsys, file):
    assert run(capsys, "simulate", "fast-progressors", "--seed", 1, "--out", file)[0] == 0


@pytest.mark.parametrize(
    ("truth", "more", "words"),
    [
        ("gausian", (), "There is no truth called 'gausian', and no such file. Did you mean gaussian?"),
        ("xyz", (), "The ready ones are gaussian, realistic, anakinra_like, healey_like, registry, fast_progressors."),
        (
            "gaussian",
            ("--arm", "control"),
            "--arm takes a name and a number of subjects, such as control=47; not 'control'",
        ),
        ("gaussian", ("--arm", "control=-1"), "not 'control=-1'"),
        ("gaussian", ("--arm", "control=1", "--arm", "control=2"), "--arm control is given twice"),
        ("gaussian", ("--arm", "placebo=10"), "The truth has no arm 'placebo'"),
        ("gaussian", ("--seed", "-4"), "The seed is a whole number of 0 or more"),
    ],
)
def test_what_cannot_be_simulated_is_refused(capsys, file, truth, more, words):
    seed = () if "--seed" in more else ("--seed", 1)
    assert words in refused(capsys, "simulate", truth, "--out", file, *seed, *more)
    assert not file.exists()


def test_files_that_cannot_be_are_refused(capsys, file, tmp_path):
    assert "ends in .csv" in refused(capsys, "simulate", "gaussian", "--seed", 1, "--out", tmp_path / "x.parquet")
    assert "There is no folder" in refused(
        capsys, "simulate", "gaussian", "--seed", 1, "--out", tmp_path / "no" / "x.csv"
    )
    (tmp_path / "folder.csv").mkdir()
    assert "is a folder" in refused(capsys, "simulate", "gaussian", "--seed", 1, "--out", tmp_path / "folder.csv")
    file.write_text("no truth", encoding="utf-8")
    assert "The truth is no JSON" in refused(capsys, "simulate", file, "--seed", 1, "--out", tmp_path / "x.csv")
    file.write_bytes(b"\xff\xfe\x00")
    assert "not text in UTF-8" in refused(capsys, "simulate", file, "--seed", 1, "--out", tmp_path / "x.csv")


def test_a_truth_and_a_seed_must_be_given(capsys, file):
    assert "--seed" in refused(capsys, "simulate", "gaussian", "--out", file)
    assert "--out" in refused(capsys, "simulate", "gaussian", "--seed", 1)
