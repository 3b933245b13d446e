"""What nobody means to type: the command answers in a sentence, with status 2, and leaves nothing behind."""

import json

import numpy as np
import pandas as pd
import pytest

import alsmodels as als
from alsmodels.cli import main
from alsmodels.errors import AlsModelsError, shown
from alsmodels.files import reading

LONG = "9" * 5000
HALF = "half\ud800"
NUL = "nul\0"
ROWS = [
    f"s{subject},{week},{('placebo', 'drug')[subject % 2]},{40 - subject % 5 - week // 8}\n"
    for subject in range(12)
    for week in (0, 8, 16, 24, 32)
]


@pytest.fixture
def place(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "trial.csv").write_text("".join(["subject,week,arm,alsfrs_r\n", *ROWS]))
    asked = als.reml_analysis("alsfrs_r ~ week + (week | subject)", [als.slope()])
    study = als.Study(als.truths.gaussian(), als.TrialDesign("d"), asked, n_replicates=2, seed=1)
    (tmp_path / "study.json").write_text(study.to_json())
    (tmp_path / "truth.json").write_text(als.truths.gaussian().to_json())
    return tmp_path


def refused(capsys, *words):
    assert main([str(word) for word in words]) == 2
    said = capsys.readouterr().err
    assert said.strip()
    assert "Traceback" not in said
    return said


def change(file, path, value):
    """One value of a JSON file, by its place."""
    content = json.loads(file.read_text())
    inner = content
    for step in path[:-1]:
        inner = inner[step]
    inner[path[-1]] = value
    file.write_text(json.dumps(content))


FIT = ("fit", "trial.csv", "--outcome", "alsfrs_r")
SIMULATE = ("simulate", "gaussian", "--seed", "1", "--out", "o.csv")
WORDS = {
    "out": [(*FIT, "--out", name) for name in ("a" * 300, NUL, HALF, "/proc/alsmodels", "/dev/full")],
    "spec": [("fit", "trial.csv", "--spec", name) for name in ("a" * 5000, NUL, HALF, "/", "trial.csv")],
    "table": [("check", name) for name in ("a" * 5000, NUL, HALF)],
    "column": [("fit", "trial.csv", "--outcome", HALF), (*FIT, "--subject", HALF), (*FIT, "--covariate", HALF)],
    "number": [(*FIT, "--knot", LONG), (*FIT, "--level", LONG), (*SIMULATE[:3], LONG, "--out", "o.csv")],
    "formula": [("fit", "trial.csv", "--formula", f"alsfrs_r ~ phase(week, {LONG}) + (1 | subject)"),
                ("fit", "trial.csv", "--formula", f"alsfrs_r ~ I(week * {LONG}) + (1 | subject)")],
    "simulated": [("simulate", "gaussian", "--seed", "1", "--out", name)
                  for name in (f"{'o' * 300}.csv", f"{NUL}.csv", f"{HALF}.csv", "/proc/o.csv")],
    "arm": [(*SIMULATE, "--arm", f"control={number}") for number in (LONG, "999999999999", "99999999", "\u00b2")],
    "truth": [("simulate", name, "--seed", "1", "--out", "o.csv") for name in ("x" * 5000, HALF, NUL)],
    "power": [("power", "anakinra_like", option, LONG) for option in ("--weeks", "--seed", "--level", "--replicates")],
    "study": [("study", "run", name) for name in (f"{NUL}.json", f"{HALF}.json", f"{'s' * 5000}.json")],
    "study out": [("study", "run", "study.json", "--out", name) for name in (NUL, HALF, "s" * 300, "/proc/s")],
    "show": [("study", "show", name) for name in (NUL, HALF, "s" * 5000)],
    "demo": [("demo", "--out", "/proc/demo")],
}  # fmt: skip


@pytest.mark.parametrize("kind", WORDS)
def test_words_that_cannot_be_are_a_sentence(place, capsys, kind):
    before = sorted(path.name for path in place.iterdir())
    for words in WORDS[kind]:
        refused(capsys, *words)
    assert sorted(path.name for path in place.iterdir()) == before


@pytest.mark.parametrize("name", ["t" * 5000, "t\ud800", "two\nlines", "  "])
@pytest.mark.parametrize("part", ["truths", "designs", "analyses"])
def test_names_of_a_study_are_short_and_can_be_printed(place, capsys, part, name):
    change(place / "study.json", [part, 0, "name"], name)
    said = refused(capsys, "study", "run", "study.json")
    assert "name" in said
    assert not (place / "study").exists()


@pytest.mark.parametrize("name", ["t" * 5000, "t\ud800"])
def test_names_of_truths_are_short_and_can_be_printed(place, capsys, name):
    change(place / "truth.json", ["name"], name)
    assert "200 characters" in refused(capsys, "simulate", "truth.json", "--seed", "1", "--out", "o.csv")


@pytest.mark.parametrize("value", [10**15, 10**400, -1, 1.5])
@pytest.mark.parametrize("field", ["n_replicates", "chunk"])
def test_numbers_of_a_study_that_no_machine_holds(place, capsys, field, value):
    change(place / "study.json", [field], value)
    assert f"{field} is a whole number" in refused(capsys, "study", "run", "study.json")


@pytest.mark.parametrize("suffix", [".json", ".toml"])
def test_integers_of_thousands_of_digits_in_files(place, capsys, suffix):
    text = f'{{"seed": {LONG}}}' if suffix == ".json" else f"seed = {LONG}\n"
    (place / f"big{suffix}").write_text(text)
    assert "cannot be read as" in refused(capsys, "study", "run", f"big{suffix}")
    for option, command in (("--spec", ("fit", "trial.csv")), (None, ("simulate",))):
        words = (*command, option, "big.json") if option else (*command, "big.json", "--seed", "1", "--out", "o.csv")
        if suffix == ".json":
            refused(capsys, *words)


def test_files_that_are_too_long_are_not_read(place, capsys, monkeypatch):
    """Hundreds of megabytes; nothing is read of them."""
    for name in ("huge.json", "huge.toml"):
        with (place / name).open("wb") as file:
            file.truncate(300_000_000)
    monkeypatch.setattr(reading.Path, "read_text", None)
    for words in (
        ("fit", "trial.csv", "--spec", "huge.json"),
        ("simulate", "huge.json", "--seed", "1", "--out", "o.csv"),
        ("power", "huge.json"),
        ("study", "run", "huge.toml"),
    ):
        assert "300,000,000 bytes" in refused(capsys, *words)


@pytest.mark.parametrize("column", ["self", "cls", "other", "frame", "data"])
@pytest.mark.parametrize("role", ["subject", "week", "arm", "alsfrs_r", "site"])
def test_a_column_may_be_called_anything(role, column):
    """`DataFrame.assign` knows no column called ``self``."""
    table = pd.DataFrame([row.strip().split(",") for row in ROWS], columns=["subject", "week", "arm", "alsfrs_r"])
    table = table.assign(site=[("north", "south", "east")[row // 5 % 3] for row in range(len(table))]).rename(
        columns={role: column}
    )
    named = {name: column if name == role else name for name in ("subject", "week", "arm")}
    roles = als.Roles(named["subject"], named["week"], named["arm"], control="placebo")
    outcome = column if role == "alsfrs_r" else "alsfrs_r"
    noise = np.random.default_rng(4).normal(size=len(table)) - 2
    table[outcome] = table[outcome].astype(float) + noise
    cohort = als.Cohort.from_frame(table, roles, outcomes=[outcome])
    site = column if role == "site" else "site"
    fit = als.fit_lmm(f"{outcome} ~ arm * week + {site} + (1 | subject)", cohort)
    asked = [als.slope_difference("drug", "placebo")]
    assert np.isfinite(als.estimate(fit, asked)["estimate"]).all()
    assert len(als.predict(fit, cohort.to_frame())) == len(table)


HUGE = [10**400, 10**5000, -(10**5000)]


@pytest.mark.parametrize("number", HUGE, ids=["400", "5000", "-5000"])
@pytest.mark.parametrize(
    "call",
    [
        lambda number: als.Normal(number, 1),
        als.HalfNormal,
        lambda number: als.HalfT(3, number),
        lambda number: als.Gamma(number, 1),
        als.LKJ,
        lambda number: als.TrialDesign("d", weeks=(0, number)),
        lambda number: als.simulate_cohort(als.truths.gaussian(), arms={"control": number}, seed=1),
        lambda number: als.simulate_many(als.truths.gaussian(), n_replicates=number, seed=1),
        lambda number: als.truths.healey_like(ratio=number),
    ],
)
def test_integers_that_no_float_holds_are_refused(call, number):
    with pytest.raises(AlsModelsError) as caught:
        call(number)
    assert len(str(caught.value)) < 500


def test_what_is_shown_in_a_sentence_is_short():
    assert shown("placebo") == "'placebo'"
    assert shown([10**5000]) == "a list that cannot be shown"
    assert len(shown("x" * 10**6)) == 200
    assert len(shown(list(range(10**6)))) == 60
