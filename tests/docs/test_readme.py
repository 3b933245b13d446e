"""The code in the README, executed as a reader would."""

import re
import shutil
from pathlib import Path

import pandas as pd
import pytest

from alsmodels.cli import main
from alsmodels.data.examples import anakinra_like
from alsmodels.inference.estimates import COLUMNS

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")


@pytest.fixture
def trial(tmp_path, monkeypatch):
    """A folder with the bundled cohort as one's own trial.csv."""
    anakinra_like.write(tmp_path)
    shutil.move(tmp_path / anakinra_like.VISITS_FILE, tmp_path / "trial.csv")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_examples_from_csv_to_tables_and_figures(trial, capsys):
    first, second, third = re.findall(r"```python\n(.*?)```", README, flags=re.DOTALL)
    assert sum(bool(line.strip()) for line in first.splitlines()) <= 10
    names = {}
    exec(compile(first, "README.md", "exec"), names)  # noqa: S102 (our own file)
    answers = pd.read_csv(trial / "answers.csv")
    assert tuple(answers.columns) == COLUMNS
    assert answers["estimate"].notna().all()
    assert (trial / "trajectories.png").stat().st_size > 10_000
    told = capsys.readouterr().out
    exec(compile(second, "README.md", "exec"), names)  # noqa: S102 (our own file)
    assert (trial / "densities.png").stat().st_size > 10_000
    assert "sampled: k-hat" in capsys.readouterr().out
    exec(compile(third, "README.md", "exec"), names)  # noqa: S102 (our own file)
    assert 0.1 < float(capsys.readouterr().out) < 1.0
    assert "64 subjects" in told
    assert "Status: converged" in told


def test_shell_command(trial):
    (command,) = re.findall(r"`alsmodels (fit [^`]+)`", README)
    assert main(command.split()) == 0
    written = {path.name for path in (trial / "results").iterdir()}
    assert {"estimates.csv", "estimates.json", "trajectories.png", "estimates.png"} <= written


def test_make_targets_exist():
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    pages = "".join(
        (ROOT / name).read_text(encoding="utf-8") for name in ("README.md", "CONTRIBUTING.md", "ARCHITECTURE.md")
    )
    targets = set(re.findall(r"(?:`| {4})make ([a-z-]+)", pages))
    assert {"demo", "test"} <= targets
    assert [name for name in sorted(targets) if not re.search(rf"^{name}:", makefile, flags=re.MULTILINE)] == []


def test_picture_is_there():
    (picture,) = re.findall(r"!\[[^\]]*\]\(([^)]+)\)", README)
    assert (ROOT / picture).read_bytes().startswith(b"\x89PNG")
