"""``alsmodels power``: the card of the library, as text and as JSON, and refusals in sentences."""

import json

import pytest

import alsmodels as als
from alsmodels.cli import main


def run(capsys, *words):
    status = main([str(word) for word in words])
    captured = capsys.readouterr()
    return status, captured.out, captured.err


def test_it_prints_the_card(capsys):
    asked = ["--arms", "anakinra=17", "control=47", "--weeks", "24", "--replicates", "20", "--seed", "3"]
    asked += ["--controls", "historical"]
    status, out, _ = run(capsys, "power", "anakinra_like", *asked)
    assert status == 0
    card = als.design_card(als.truths.anakinra_like(), weeks=24, controls="historical", n_replicates=20, seed=3)
    assert out.rstrip("\n") == repr(card)


def test_json_is_whole_and_the_truth_can_be_a_file(capsys, tmp_path):
    file = tmp_path / "mine.json"
    file.write_text(als.truths.gaussian(shift=(0.3,)).to_json(), encoding="utf-8")
    options = ["--controls", "randomised", "--baseline", "shared", "--replicates", "0", "--json"]
    status, out, _ = run(capsys, "power", file, "--arm", "control=80", "--arm", "treated=80", "--weeks", "24", *options)
    assert status == 0
    told = json.loads(out)
    assert [row["n"] for row in told["arms"]] == [80, 80]
    assert told["table"][0]["effect"] == pytest.approx(0.3)
    assert told["baseline"] == "shared"


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["power", "anakinra"], "Did you mean anakinra_like?"),
        (["power", "gaussian"], "Say what the controls are"),
        (["power", "gaussian", "--arms", "control"], "--arms takes a name and a number"),
        (["power", "gaussian", "--controls", "randomised", "--weeks", "900"], "week 52"),
        (["power", "registry", "--controls", "historical"], "two arms"),
        (["power", "gaussian", "--controls", "historical", "--baseline", "shared"], "randomised arms"),
    ],
)
def test_it_refuses_in_sentences(capsys, words, sentence):
    status, _, error = run(capsys, *words)
    assert status == 2
    assert "Traceback" not in error
    assert sentence in " ".join(error.split())
