"""Studies from files: what was written comes back, and what is wrong is told by its place."""

import json

import pytest

import alsmodels as als
from alsmodels.errors import AlsModelsError, ReadError, SpecError
from alsmodels.inference.analyses import importance_analysis, reml_analysis
from alsmodels.inference.study_files import read_study, study_from_dict
from alsmodels.simulation.designs import TrialDesign
from alsmodels.simulation.rules import Rule
from alsmodels.simulation.studies import Study

TOML = """
n_replicates = 400
seed = 3
chunk = 50
paired = false

[[truths]]
truth = "realistic"
name = "30% slower"
ratio = [0.7, 0.8]

[[truths]]
truth = "mine.json"

[[designs]]
name = "small"
arms = { control = 20, treated = 30 }
weeks = [0, 12, 24.0, 36]
missed = 0.1

[[designs]]
name = "all stay"
dropout = false

[[analyses]]
kind = "reml"
model = { maker = "two_phase", outcome = "alsfrs_r", arm = "arm", knot = 24, baseline = "shared" }
asked = [
  { ask = "slope_difference", arm = "treated", reference = "control", phase = 2 },
  { ask = "difference", arm = "treated", reference = "control", week = 36 },
]

[[analyses]]
kind = "importance"
name = "posterior"
formula = "alsfrs_r ~ arm * phase(week, 24) + (phase(week, 24) | subject)"
asked = [{ ask = "slowing", arm = "treated", reference = "control" }]
rule = { level = 0.9, margin = 0.1, direction = "above" }
draws = 500
"""


def expected():
    spec = als.two_phase("alsfrs_r", arm="arm", knot=24, baseline="shared")
    asked = [
        als.slope_difference("treated", "control", phase=2),
        als.difference("treated", "control", week=36),
    ]
    return Study(
        {"30% slower": als.truths.realistic(ratio=(0.7, 0.8)), "mine": als.truths.gaussian()},
        (
            TrialDesign("small", arms={"control": 20, "treated": 30}, weeks=(0, 12, 24, 36), missed=0.1),
            TrialDesign("all stay", dropout=False),
        ),
        (
            reml_analysis(spec, asked),
            importance_analysis(
                als.two_phase("alsfrs_r", arm="arm", knot=24),
                als.slowing("treated", "control"),
                name="posterior",
                rule=Rule(0.9, 0.1, "above"),
                draws=500,
            ),
        ),
        n_replicates=400,
        seed=3,
        chunk=50,
        paired=False,
    )


@pytest.fixture
def file(tmp_path):
    mine = als.Truth.from_dict({**als.truths.gaussian().to_dict(), "name": "mine"})
    (tmp_path / "mine.json").write_text(mine.to_json(), encoding="utf-8")
    path = tmp_path / "study.toml"
    path.write_text(TOML, encoding="utf-8")
    return path


def test_toml_says_what_python_says(file):
    assert read_study(file) == expected()


def test_json_comes_back(tmp_path):
    path = tmp_path / "s.json"
    path.write_text(expected().to_json(), encoding="utf-8")
    again = read_study(path)
    assert again == expected()
    assert again.fingerprint == expected().fingerprint


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("n_replicates = 400", "", "The study lacks the field 'n_replicates'"),
        ("n_replicates = 400", 'n_replicates = "many"', "n_replicates is a whole number"),
        ("seed = 3", "seeds = 3", "no field 'seeds'; did you mean 'seed'"),
        ("seed = 3", "seed = 3\nseed = 4", "cannot be read as TOML"),
        ('truth = "realistic"', 'truth = "realstic"', "truths[0]: there is no truth called 'realstic'"),
        ('truth = "realistic"', "truth = 3", "truths[0].truth is text"),
        ("ratio = [0.7, 0.8]", "rate = [0.7]", "truths[0]: the truth 'realistic' cannot be made so"),
        ("ratio = [0.7, 0.8]", 'ratio = "a"', "slope_ratio"),
        ('truth = "mine.json"', 'truth = "mine.json"\nratio = 3', "truths[1] has no field 'ratio'"),
        ('truth = "mine.json"', 'truth = "mine.json"\nname = 3', "truths[1].name is text"),
        ("control = 20", "contrl = 20", "no arm 'contrl'"),
        ("control = 20", "control = 2.5", "designs[0].arms[0].n is a whole number"),
        ("weeks = [0", "weeks = [4", "first visit is in week 0"),
        ("missed = 0.1", "mised = 0.1", "designs[0] has no field 'mised'"),
        ("dropout = false", 'dropout = "no"', "designs[1].dropout is true or false"),
        ('kind = "reml"', 'kind = "anova"', "analyses[0].kind is one of 'reml', 'importance'"),
        ('kind = "reml"', 'kind = ["reml"]', "analyses[0].kind is one of"),
        ('maker = "two_phase"', 'maker = "three_phase"', "analyses[0].model has 'maker'"),
        ("knot = 24, baseline", "knots = 24, baseline", "analyses[0].model"),
        ('ask = "difference"', 'ask = "ratio"', "analyses[0].asked[1] is a record with 'ask'"),
        ("phase = 2 }", "phase = 33 }", "analyses[0].asked[0].phase is the number of a phase"),
        (", week = 36 }", " }", "Name the time once, as week=24"),
        ("week = 36 }", 'week = "x" }', "analyses[0].asked[1].week is a number"),
        ("phase = 2 }", "spans = 2 }", "has no field 'spans'"),
        ("draws = 500", "draws = 5", "100 or more"),
        ("draws = 500", "drows = 5", "no field 'drows'; did you mean 'draws'"),
        ("level = 0.9,", "level = 1.9,", "level is from 0.5"),
        ('direction = "above"', 'direction = "up"', "analyses[1].rule.direction is one of"),
        ('name = "posterior"', 'name = "../x"', "an analysis has a name"),
        ('name = "posterior"', "name = 3", "An analysis has a name"),
        ('name = "posterior"', 'formula = "x"', "cannot be read as TOML"),
        ("alsfrs_r ~ arm *", "alsfrs_r ~ eval(arm) *", "eval"),
        ("asked = [{", "asked = {a = [{", "cannot be read"),
    ],
)
def test_what_is_wrong_is_told_by_its_place(file, old, new, words):
    assert old in TOML
    file.write_text(TOML.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(AlsModelsError) as caught:
        read_study(file)
    assert words in str(caught.value)
    assert "\n" not in str(caught.value) or "eval" in new  # a formula's error shows its place on a line of its own


@pytest.mark.parametrize("record", [None, 3, [], "x", {"truths": 3}, {"format": "x"}])
def test_what_is_no_record_of_a_study_is_refused(record):
    with pytest.raises(SpecError, match="The study"):
        study_from_dict(record)


def test_lists_must_be_lists():
    record = json.loads(expected().to_json())
    for name in ("truths", "designs", "analyses"):
        with pytest.raises(SpecError, match=f"{name} is a list"):
            study_from_dict({**record, name: {"a": 1}})
        with pytest.raises(SpecError, match=rf"{name}\[0\] is a record"):
            study_from_dict({**record, name: [3]})
    with pytest.raises(SpecError, match="format"):
        study_from_dict({**record, "format": "alsmodels-study-9"})


def test_files_that_are_none_are_refused(tmp_path):
    with pytest.raises(ReadError, match="is not there"):
        read_study(tmp_path / "x.toml")
    with pytest.raises(ReadError, match="is a folder"):
        read_study(tmp_path)
    (tmp_path / "x.yaml").write_text("")
    with pytest.raises(ReadError, match=r"ends in \.toml or \.json"):
        read_study(tmp_path / "x.yaml")
    (tmp_path / "x.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(ReadError, match="not text in UTF-8"):
        read_study(tmp_path / "x.toml")
    (tmp_path / "x.json").write_text("[" * 100_000)
    with pytest.raises(ReadError, match="cannot be read as JSON"):
        read_study(tmp_path / "x.json")
