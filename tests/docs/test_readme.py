"""The code in the README, executed as a reader would."""

import re
import shutil
from pathlib import Path

import pandas as pd
import pytest

from alsmodels.data.examples import anakinra_like
from alsmodels.data.readers.tables import read_cohort
from alsmodels.data.roles import Roles
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


def test_ten_lines_from_csv_to_table_and_figure(trial, capsys):
    (block,) = re.findall(r"```python\n(.*?)```", README, flags=re.DOTALL)
    exec(compile(block, "README.md", "exec"), {})  # noqa: S102 (our own file)
    answers = pd.read_csv(trial / "answers.csv")
    assert tuple(answers.columns) == COLUMNS
    assert answers["estimate"].notna().all()
    assert (trial / "trajectories.png").stat().st_size > 10_000
    told = capsys.readouterr().out
    assert "64 subjects" in told
    assert "Status: converged" in told
    statements = [line for line in block.splitlines() if line.strip()]
    assert len(statements) <= 10


def test_picture_is_there():
    (picture,) = re.findall(r"!\[[^\]]*\]\(([^)]+)\)", README)
    assert (ROOT / picture).read_bytes().startswith(b"\x89PNG")


def test_shell_command_of_the_readme(trial):
    from alsmodels.cli import main

    (command,) = re.findall(r"`alsmodels (fit [^`]+)`", README)
    assert main(command.split()) == 0
    assert sorted(path.suffix for path in (trial / "results").iterdir())


def test_status_tells_what_is_not_there():
    cohort = read_cohort
    assert cohort is not None
    assert Roles
    assert "nothing of them is here yet" in README
