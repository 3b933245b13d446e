"""``alsmodels study``: runs, refuses to run twice, goes on, shows; and says in a sentence what it cannot do."""

import pytest

import alsmodels as als
from alsmodels.cli import main
from alsmodels.simulation.store import load_results

STUDY = """
n_replicates = 6
seed = 1
chunk = 3
[[truths]]
truth = "healey_like"
ratio = 0.5
[[designs]]
name = "small"
arms = { placebo = 12, active = 12 }
weeks = [0, 8, 16, 24]
[[analyses]]
kind = "reml"
formula = "alsfrs_r ~ arm * week + (week | subject)"
asked = [{ ask = "slope_difference", arm = "active", reference = "placebo" }]
"""


@pytest.fixture(scope="module", autouse=True)
def _compiled():
    """Compile the kernels first, so that no run here has the notice of it on its standard error."""
    als.fit_lmm("alsfrs_r ~ week + (week | subject)", als.load_example())


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "trial.toml"
    path.write_text(STUDY, encoding="utf-8")
    return path


def run(capsys, *words):
    status = main(["study", *(str(word) for word in words)])
    captured = capsys.readouterr()
    return status, " ".join(captured.out.split()), " ".join(captured.err.split())


def test_a_study_is_run_written_and_shown(capsys, file):
    status, out, error = run(capsys, "run", file)
    assert (status, error) == (0, "")
    assert "6 of 6 replicates" in out
    assert "slope difference, active - placebo (per month)" in out
    assert "converged 5" in out
    assert "on the boundary 1" in out
    assert load_results(file.with_suffix("")).is_complete
    again = run(capsys, "show", file.with_suffix(""))
    assert again[0] == 0
    assert again[1] in out


def test_results_are_not_run_over_but_gone_on_with(capsys, file, tmp_path):
    assert run(capsys, "run", file, "--out", tmp_path / "r")[0] == 0
    log = tmp_path / "r" / "finished.log"
    log.write_text(log.read_text().splitlines(keepends=True)[0])
    status, out, error = run(capsys, "run", file, "--out", tmp_path / "r")
    assert (status, out) == (2, "")
    assert "say --resume to go on with it" in error
    assert run(capsys, "run", file, "--out", tmp_path / "r", "--resume")[0] == 0
    assert len(log.read_text().splitlines()) == 2


def test_resume_of_nothing_begins(capsys, file):
    assert run(capsys, "run", file, "--resume")[0] == 0


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("run", "nothing.toml"), "nothing.toml is not there."),
        (("show", "nothing"), "nothing holds no study"),
        (("run", "FILE", "--workers", "0"), "workers is a number of processes, 1 or more"),
        (("run", "FILE", "--workers", "two"), "two"),
    ],
)
def test_refusals_are_sentences(capsys, file, words, sentence):
    status, _, error = run(capsys, *(file if word == "FILE" else word for word in words))
    assert status == 2
    assert sentence in error
    assert "Traceback" not in error


def test_another_study_in_the_folder_is_refused(capsys, file):
    assert run(capsys, "run", file)[0] == 0
    file.write_text(STUDY.replace("seed = 1", "seed = 2"), encoding="utf-8")
    status, _, error = run(capsys, "run", file, "--resume")
    assert status == 2
    assert "holds the results of another study" in error
