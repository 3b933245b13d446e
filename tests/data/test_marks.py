"""Files of ours that a Windows editor has saved begin with a byte order mark, which is no part of them."""

import json

import pytest

import alsmodels as als
from alsmodels.cli import main

MARK = "\ufeff"
STUDY = """
n_replicates = 2
seed = 1
[[truths]]
truth = "mine.json"
[[designs]]
name = "small"
arms = { control = 8, treated = 8 }
[[analyses]]
kind = "reml"
model = { maker = "linear_decline", outcome = "alsfrs_r", arm = "arm" }
asked = [{ ask = "slope_difference", arm = "treated", reference = "control" }]
"""


def test_specifications():
    spec = als.two_phase("alsfrs_r", arm="arm", knot=24)
    assert als.ModelSpec.from_json(MARK + spec.to_json()) == spec


def test_truths():
    truth = als.truths.gaussian()
    assert als.Truth.from_json(MARK + truth.to_json()) == truth


@pytest.mark.parametrize("bad", ["", "{", "[]", 3])
def test_what_is_none_is_refused_as_before(bad):
    for read in (als.ModelSpec.from_json, als.Truth.from_json):
        with pytest.raises(als.AlsModelsError):
            read(MARK + bad if isinstance(bad, str) else bad)


@pytest.mark.parametrize("ending", ["toml", "json"])
def test_studies_and_the_truths_that_they_name(ending, tmp_path):
    (tmp_path / "mine.json").write_text(MARK + als.truths.gaussian().to_json(), encoding="utf-8")
    text = STUDY if ending == "toml" else json.dumps(als.read_study(plain(tmp_path)).to_dict())
    (tmp_path / f"marked.{ending}").write_text(MARK + text, encoding="utf-8")
    assert als.read_study(tmp_path / f"marked.{ending}") == als.read_study(plain(tmp_path))


def plain(folder):
    (folder / "plain.toml").write_text(STUDY, encoding="utf-8")
    return folder / "plain.toml"


def test_the_command_reads_them_too(tmp_path, capsys):
    als.load_example().to_frame().to_csv(tmp_path / "trial.csv", index=False)
    spec = als.linear_decline("alsfrs_r", arm="arm")
    (tmp_path / "spec.json").write_text(MARK + spec.to_json(), encoding="utf-8")
    assert main(["fit", str(tmp_path / "trial.csv"), "--spec", str(tmp_path / "spec.json")]) == 0
    (tmp_path / "truth.json").write_text(MARK + als.truths.gaussian().to_json(), encoding="utf-8")
    called = ["simulate", str(tmp_path / "truth.json"), "--seed", "1", "--out", str(tmp_path / "made.csv")]
    assert main(called) == 0
    assert capsys.readouterr().err == ""
