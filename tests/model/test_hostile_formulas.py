"""Formulas written to do harm: every door refuses them at once, with a sentence, and evaluates nothing."""

import builtins
import json
import os
import subprocess
import time
import tracemalloc
from contextlib import contextmanager

import h5py
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import alsmodels as als
from alsmodels.bayes.records import as_groups, as_posterior
from alsmodels.cli import main
from alsmodels.errors import AlsModelsError, FormulaError, ReadError
from alsmodels.inference.study_files import study_from_dict
from alsmodels.model.grammar import MAX_DEPTH, MAX_LENGTH, MAX_OPERATORS, TRANSFORMS
from alsmodels.model.transforms import MAX_EXPONENT

R = " + (week | subject)"
QUOTING = "a name in backticks has 1 to 200 characters"
FOREIGN = "is not a transform that formulas know"
POWER = f"a column, and is at most {MAX_EXPONENT}"
LENGTH = f"at most {MAX_LENGTH} characters"
OPERATORS = f"at most {MAX_OPERATORS} operators"
DEEP = "brackets are nested too deeply"


def meaningless(sign):
    return f"{sign!r} has no meaning in a formula"


PYTHON = [
    ("__import__('os').system('touch hacked') ~ week" + R, meaningless("_")),
    ("y ~ __import__('os').system('touch hacked')" + R, meaningless("_")),
    ("y ~ week.__class__.__bases__" + R, meaningless(".")),
    ("y ~ log.__class__(week)" + R, meaningless(".")),
    ("y ~ ().__class__" + R, meaningless(".")),
    ("y ~ week[0]" + R, meaningless("[")),
    ("y ~ week['a']" + R, meaningless("[")),
    ("y ~ [x for x in week]" + R, meaningless("[")),
    ("y ~ {x: 1 for x in week}" + R, meaningless("{")),
    ("y ~ (x for x in week)" + R, "'for' has no meaning"),
    ("y ~ (lambda: exec(week))()" + R, "'lambda' has no meaning"),
    ("y ~ lambda x: x" + R, "'lambda' has no meaning"),
    ("y ~ f'{open}'" + R, meaningless("'")),
    ('y ~ "week"' + R, meaningless('"')),
    ("y ~ b'week'" + R, meaningless("'")),
    ("(y := week) ~ week" + R, "a transform or a bracket is expected here"),
    ("y = exec ~ week" + R, "the response is followed by '~'"),
    ("y ~ week if week else y" + R, "'if' has no meaning"),
    ("y ~ week and y" + R, "'and' has no meaning"),
    ("y ~ week < y" + R, "a comparison stands inside I()"),
    ("y ~ week @ y" + R, meaningless("@")),
    ("y ~ week % y" + R, meaningless("%")),
    ("y ~ week; import os" + R, meaningless(";")),
    ("y ~ week\nimport os", "'import' has no meaning"),
    ("y ~ week # comment", meaningless("#")),
    ("y ~ week \\\n + y" + R, meaningless("\\")),
    ("y ~ !touch hacked" + R, meaningless("!")),
    ("y ~ $(touch hacked)" + R, meaningless("$")),
    ("y ~ eval(week)" + R, FOREIGN),
    ("y ~ exec(week)" + R, FOREIGN),
    ("y ~ open(week)" + R, FOREIGN),
    ("y ~ getattr(week, y)" + R, FOREIGN),
    ("y ~ Q(week)" + R, FOREIGN),
    ("y ~ np.log(week)" + R, FOREIGN),
    ("y ~ `np.log`(week)" + R, "the formula ends here"),
    ("y ~ `__import__`('os')" + R, meaningless("'")),
    ("y ~ log(`week`.real)" + R, meaningless(".")),
    ("y ~ log(week)(y)" + R, "the formula ends here"),
    ("y ~ log(log)" + R, "'log' is a transform and a column of one formula"),
    ("y ~ phase(week, 24) + phase" + R, "'phase' is a transform and a column"),
    ("y ~ log(week, out=y)" + R, "'log' takes a column alone"),
    ("y ~ exp(week, where=0)" + R, "'exp' takes a column alone"),
    ("y ~ log(x=week)" + R, "'log' takes a column alone"),
    ("y ~ C(arm, contrasts=1)" + R, "'C' takes a column alone"),
    ("y ~ C(arm, Treatment(reference=y))" + R, FOREIGN),
    ("y ~ poly(week, raw=1)" + R, "'poly' takes as raw True or False"),
    ("y ~ poly(week, 2, raw=week)" + R, "'poly' takes as raw True or False"),
    ("y ~ True" + R, "'True' has no meaning"),
    ("y ~ ns(week, df=999999999)" + R, "a whole number from 1 to 50"),
    ("y ~ phase(week, " + ", ".join(map(str, range(1, 200))) + ")" + R, "1 to 10 knots"),
    ("y ~ offset(week):y" + R, "An offset is added to the formula by itself"),
    ("y ~ log(offset(week))" + R, "does not stand inside 'log()'"),
    ("y ~ relevel(arm, ref='placebo')" + R, "Roles(..., control='placebo')"),
    ("y ~ pmax(week - 24, 0)" + R, "the two columns of phase(week, 24)"),
    ("y ~ poly(week, _state=1)" + R, meaningless("_")),
    ("y ~ bs(week, 4, 3)" + R, "'bs' takes a column and df and degree"),
    ("y ~ bs(week, df=4, df=5)" + R, "'bs' takes a column and df and degree"),
    ("y ~ I(open(week))" + R, FOREIGN),
    ("y ~ I(1 < week < 3)" + R, "a comparison stands inside I(), as in I(week > 24), one in each bracket"),
    ("y ~ I(week, 3)" + R, "'I' takes a column alone"),
    ("y ~ I(2 * 3)" + R, "no column inside 'I()'"),
    ("y ~ I()" + R, "a column, a number, a transform or a bracket is expected here"),
    ("poly(y, 2) ~ week" + R, "A response is one column; 'poly' makes several"),
    ("C(y) ~ week" + R, "A response is one column"),
    ("y ~ log(phase(week, 24))" + R, "'phase' makes several columns"),
    ("y ~ I(C(arm))" + R, "'C' makes several columns"),
]

NAMES = [
    ("y ~ `a" + R, QUOTING),
    ("y ~ ``" + R, QUOTING),
    ("y ~ ` `" + R, QUOTING),
    ("y ~ `" + "a" * 201 + "`" + R, QUOTING),
    ("y ~ `a\\`" + R, QUOTING),
    ("y ~ `a\nb`" + R, QUOTING),
    ("y ~ `a\rb`" + R, QUOTING),
    ("y ~ `a\x00b`" + R, QUOTING),
    ("y ~ `a\x1b[31m`" + R, QUOTING),
    ("y ~ `a\u200b`" + R, QUOTING),
    ("y ~ `\u202earm`" + R, QUOTING),
    ("y ~ `a\u2028b`" + R, QUOTING),
    ("y ~ `\ud800`" + R, QUOTING),
    ("y ~ `1`" + R, "a column called '1' cannot be told from the intercept"),
    ("y ~ Intercept" + R, "a column called 'Intercept' cannot be told from the intercept"),
    ("y ~ I(`class` + 1)" + R, "'class' cannot stand inside a transform"),
    ("y ~ log(`\uff41`) + log(a)" + R, "'\uff41' cannot stand inside a transform"),
    ("y ~ I(`\U0001d4f8pen` + 1)" + R, "cannot stand inside a transform"),
    ("y ~ I(`a'` + `'b`)" + R, "cannot stand inside a transform"),
    ('y ~ I(`a"b` + 1)' + R, "cannot stand inside a transform"),
    ("y ~ I(`__FORMULAIC_STATE__` + 1)" + R, "cannot stand inside a transform"),
    ("y ~ \u0430rm" + R, meaningless("\u0430")),
    ("y ~ \u03b1" + R, meaningless("\u03b1")),
    ("y ~ week\u200b" + R, meaningless("\u200b")),
    ("\ufeffy ~ week" + R, meaningless("\ufeff")),
    ("y\u00a0~ week" + R, meaningless("\xa0")),
    ("y \uff5e week" + R, meaningless("\uff5e")),
    ("y ~ \uff08week\uff09" + R, meaningless("\uff08")),
    ("y ~ week\u00b2" + R, meaningless("\u00b2")),
    ("y ~ \u0661 + week" + R, meaningless("\u0661")),
    ("y ~ week\x00" + R, meaningless("\x00")),
    ("y ~ \ud800" + R, meaningless("\ud800")),
]

LARGE = [
    ("y ~ 1e999999" + R, "the number 1e999999 is too large"),
    ("y ~ I(week * 1e400)" + R, "too large"),
    ("y ~ I(week * " + "9" * 1500 + ")" + R, "too large"),
    ("y ~ 9**9**9" + R, "the formula ends here"),
    ("y ~ I(week + 9**9**9)" + R, "a closing bracket is expected here"),
    ("y ~ I(week + 99999999**99999999)" + R, POWER),
    ("y ~ I(week + ((99**99)**99)**99)" + R, POWER),
    ("y ~ I(9**(9**week))" + R, "a power is a number"),
    ("y ~ I(week**999999)" + R, POWER),
    ("y ~ log(I(week + 2**10))" + R, POWER),
    ("y ~ poly(week, 999999999)" + R, "a whole number from 1 to 10"),
    ("y ~ poly(week, 0)" + R, "a whole number from 1 to 10"),
    ("y ~ poly(week, -1)" + R, "a whole number from 1 to 10"),
    ("y ~ bs(week, df=999999999)" + R, "a whole number from 1 to 50"),
    ("y ~ bs(week, df=4, degree=99999999)" + R, "a whole number from 1 to 10"),
    ("y ~ phase(week, 1e999)" + R, "too large"),
    ("y ~ phase(week, 1e-999)" + R, "a week after baseline"),
    ("y ~ (a + b + c + d) ^ 20" + R, "from 1 to 4"),
    ("y ~ (a + b + c + d) ^ " + "9" * 300 + R, "from 1 to 4"),
    ("y ~ (" + " + ".join("abcdefghijk") + ")^4" + R, "more than 200 terms"),
    ("y ~ " + "(" * 39 + "a + b + c + d + e + f + g + h + i" + ")^4" * 39 + R, "more than 200 terms"),
    ("y ~ " + " * ".join("abcdefghijklm") + R, "more than 200 terms"),
    ("y ~ " + ":".join("abcdefghijkl") + R, "a product of more than 8 columns"),
    ("y ~ " + " / ".join("abcdefghijkl") + R, "a product of more than 8 columns"),
    ("y ~ a" + " + a" * MAX_OPERATORS + R, OPERATORS),
    ("y ~ a" + ":a" * 900 + R, OPERATORS),
    ("y ~ " + "- " * 900 + "a" + R, OPERATORS),
    ("y ~ " + "(" * (MAX_DEPTH + 1) + "a" + ")" * (MAX_DEPTH + 1) + R, DEEP),
    ("y ~ " + "log(" * (MAX_DEPTH + 1) + "a" + ")" * (MAX_DEPTH + 1) + R, DEEP),
    ("y ~ " + "(" * 10_000 + "a" + ")" * 10_000, LENGTH),
    ("y ~ " + "a" * 1_000_000, LENGTH),
    (" " * 1_000_000 + "y ~ a", LENGTH),
    ("y ~ " + " + ".join(f"x{number}" for number in range(5_000)), LENGTH),
    ("y ~ a" + "+(1|subject)" * 148, "Written out term by term"),
    ("y ~ (" + "+".join(f"{'x' * 20}{number}" for number in range(18)) + ")^2" + R, "Written out term by term"),
]

EMPTY = [("", "expected here"), (" ", "expected here"), ("\n", "expected here"), ("~", "expected here")]
EMPTY += [("y ~", "expected here"), ("y", "followed by '~'"), ("y ~ week ~ a", "the formula ends here")]
EMPTY += [("y ~ week", "no random effects"), ("y ~ week + (1 | site)", "grouped by 'subject'")]

HOSTILE = PYTHON + NAMES + LARGE + EMPTY


def table():
    """Three visits of ten subjects, and columns whose names are meant to be evaluated."""
    rng = np.random.default_rng(5)
    frame = pd.DataFrame({"subject": np.repeat([f"s{i}" for i in range(10)], 3), "week": np.tile([0.0, 10, 30], 10)})
    frame["y"] = 40 - 0.2 * frame["week"] + rng.normal(size=30)
    return frame.assign(arm=np.repeat(["control", "drug"], 15), **{name: rng.normal(size=30) for name in "abc"})


@contextmanager
def nothing_runs():
    """Make evaluation, and what it could be used for, a failure that no `except` of ours takes for a refusal."""

    def evaluated(*_arguments, **_keywords):
        pytest.fail("something was evaluated")

    with pytest.MonkeyPatch.context() as patch:
        for name in ("eval", "exec", "compile", "open"):
            patch.setattr(builtins, name, evaluated)
        patch.setattr(os, "system", evaluated)
        patch.setattr(subprocess, "Popen", evaluated)
        yield


def refusal_of(door, *arguments):
    """The sentence with which a door refuses at once, evaluating nothing."""
    start = time.process_time()
    with pytest.raises(AlsModelsError) as refusal, nothing_runs():
        door(*arguments)
    assert time.process_time() - start < 1
    message = str(refusal.value)
    assert len(message) < 600
    assert message.replace("\n", "").isprintable()
    return message


def says(message, words):
    return words in message


def as_spec_file(text):
    return json.dumps({"format": "alsmodels-spec-1", "formula": text})


STUDY = {
    "n_replicates": 2,
    "seed": 1,
    "truths": [{"truth": "gaussian"}],
    "designs": [{"name": "24 weeks", "arms": {"control": 10, "treated": 10}}],
}
ASKED = [{"ask": "slope", "phase": 1, "arm": "control"}]


def as_study_file(text):
    return {**STUDY, "analyses": [{"kind": "reml", "formula": text, "asked": ASKED}]}


DOORS = {
    "ModelSpec": als.ModelSpec,
    "from_json": lambda text: als.ModelSpec.from_json(as_spec_file(text)),
    "build_design": lambda text: als.build_design(text, TABLE),
    "fit_lmm": lambda text: als.fit_lmm(text, TABLE),
    "statsmodels": lambda text: als.fit_lmm(text, TABLE, engine="statsmodels"),
    "sample_lmm": lambda text: als.sample_lmm(text, TABLE, seed=1),
    "study": lambda text: study_from_dict(as_study_file(text)),
    "sample_joint": lambda text: als.sample_joint([text, text], TABLE, seed=1),
}
TABLE = table()


@pytest.fixture(scope="module", autouse=True)
def _loaded():
    """Load what the doors load on first use, before anything is forbidden."""
    for door in DOORS.values():
        with pytest.raises(AlsModelsError):
            door("")


def test_there_are_enough_of_them_and_none_twice():
    texts = [text for text, _ in HOSTILE]
    assert len(texts) == len(set(texts)) >= 120


@pytest.mark.parametrize("door", DOORS)
def test_every_door_refuses_at_once_and_evaluates_nothing(door):
    for text, words in HOSTILE:
        message = refusal_of(DOORS[door], text)
        assert says(message, words), (text[:80], message)


def test_refusals_take_no_memory():
    tracemalloc.start()
    try:
        for text, _ in HOSTILE:
            tracemalloc.reset_peak()
            before, _ = tracemalloc.get_traced_memory()
            with pytest.raises(AlsModelsError):
                als.ModelSpec(text)
            assert tracemalloc.get_traced_memory()[1] - before < 8 * 2**20, text[:80]
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("text", [None, 3, b"y ~ week + (1 | subject)", ["y ~ week"], {"formula": "y"}, float("nan")])
def test_what_is_no_text_is_refused(text):
    with pytest.raises(FormulaError, match="A formula is a text"):
        als.ModelSpec(text)


SPEC_FILES = [
    ("", "is not JSON"),
    ("[" * 100_000, "is not JSON"),
    ("9" * 5_000, "is not JSON"),
    ("NaN", "nothing else"),
    ('{"format": "alsmodels-spec-1"}', "nothing else"),
    ('{"format": "alsmodels-spec-2", "formula": "y ~ week + (1 | subject)"}', "nothing else"),
    ('{"format": "alsmodels-spec-1", "formula": "y ~ week + (1 | subject)", "run": "x"}', "nothing else"),
    ('{"format": ["alsmodels-spec-1"], "formula": "y"}', "nothing else"),
    ('{"format": "alsmodels-spec-1", "formula": {"__class__": 1}}', "A formula is a text"),
    (None, "is not JSON"),
    (3, "is not JSON"),
]


@pytest.mark.parametrize(("text", "words"), SPEC_FILES, ids=range(len(SPEC_FILES)))
def test_specifications_that_are_none_are_refused(text, words):
    assert words in refusal_of(als.ModelSpec.from_json, text)


@pytest.mark.parametrize("option", ["--formula", "--spec", "--outcome"])
def test_the_command_line_refuses(tmp_path, capsys, option):
    TABLE.to_csv(tmp_path / "trial.csv", index=False)
    for number, (text, _) in enumerate(HOSTILE[::3]):
        if len(text) > 100_000 or (option == "--outcome" and not text.strip()):
            continue
        given = text
        if option == "--spec":
            given = str(tmp_path / f"{number}.json")
            (tmp_path / f"{number}.json").write_text(as_spec_file(text))
        assert main(["fit", str(tmp_path / "trial.csv"), option + "=" + given]) == 2, text[:80]
        captured = capsys.readouterr()
        assert captured.err.strip(), text[:80]
        assert "Traceback" not in captured.err
        assert captured.out == ""


HOSTILE_NAMES = ["a` + exec(1) + `b", "`", "", " ", "a\nb", "x\\", 3, None, ["a"], "1"]


@pytest.mark.parametrize("name", HOSTILE_NAMES, ids=map(repr, HOSTILE_NAMES))
def test_makers_take_names_of_columns_alone(name):
    assert refusal_of(lambda: als.linear_decline("y", covariates=[name]))
    assert refusal_of(lambda: als.two_phase("y", arm=3 if name is None else name))


@pytest.fixture(scope="module")
def saved_posterior(tmp_path_factory):
    post = als.sample_lmm("y ~ week + (1 | subject)", TABLE, method="importance", draws=40, seed=1, on_failure="return")
    path = tmp_path_factory.mktemp("posterior") / "fit.nc"
    als.save_posterior(post, path)
    return post, path


def test_records_of_posteriors_are_refused(saved_posterior):
    groups, text = as_groups(saved_posterior[0])
    record = json.loads(text)
    for formula, words in HOSTILE:
        assert says(refusal_of(as_posterior, groups, json.dumps(record | {"formula": formula})), words), formula[:80]


@pytest.mark.parametrize("formula", [PYTHON[1][0], NAMES[15][0], LARGE[5][0], "y ~ week + a + (1 | subject)"])
def test_files_of_posteriors_with_another_formula_are_refused(saved_posterior, tmp_path, formula):
    path = tmp_path / "fit.nc"
    path.write_bytes(saved_posterior[1].read_bytes())
    with h5py.File(path, "a") as file:
        record = json.loads(file.attrs["alsmodels_record"])
        file.attrs["alsmodels_record"] = json.dumps(record | {"formula": formula})
    with pytest.raises(ReadError, match="is not a posterior as it was saved"):
        als.load_posterior(path)


CANARIES = [
    "__import__('os').system('touch hacked')",
    "exec",
    "open",
    "np",
    "lambda",
    "None",
    "class",
    "__builtins__",
    "a) + exec(1) + (b",
    "{a}",
    "log(week)",
    "a ~ b | c",
    "it's",
    "\uff41",
    "12",
    "poly",
]


@pytest.mark.parametrize("name", CANARIES)
def test_a_column_is_its_values_whatever_its_name(name, monkeypatch):
    monkeypatch.setattr(os, "system", lambda *_: pytest.fail("something was evaluated"))
    values = np.random.default_rng(9).normal(size=len(TABLE))
    design = als.build_design(f"y ~ `{name}` + (1 | subject)", TABLE.assign(**{name: values}))
    np.testing.assert_array_equal(design.X[:, 1], values)


INSIDE = ["__import__('os')", "exec", "a b", "a.b", "a-b", "1a", "{a}", "\u00e9", "np", "log(week)"]


@pytest.mark.parametrize("name", [name for name in INSIDE if "'" not in name])
def test_a_column_is_its_values_inside_a_transform_too(name):
    rng = np.random.default_rng(9)
    others = {other: rng.normal(size=len(TABLE)) for other in ("a_b", "_1a", "_a_", "e", "a")}
    values = rng.normal(size=len(TABLE))
    spare = " + ".join(f"I({other})" for other in others if other.isidentifier() and not other.startswith("_"))
    frame = TABLE.drop(columns=["a"]).assign(**others, **{name: values})
    design = als.build_design(f"y ~ I(`{name}` + 1) + {spare} + (1 | subject)", frame)
    np.testing.assert_array_equal(design.X[:, 1], values + 1)


def test_long_sums_of_columns_are_read_again_as_they_are_spelt():
    names = [f"q{number}" for number in range(1, 61)]
    spec = als.ModelSpec(f"y ~ I({' + '.join(names)}) + I(a - (b - c) - 2 * (a / b * c)) + (1 | subject)")
    assert als.ModelSpec(spec.formula) == spec


ARITHMETIC = [
    ("a - (b - c) - 2 * (a * b * c)", lambda a, b, c: a - (b - c) - 2 * (a * b * c)),
    ("a - (-1 * a) - (-b)", lambda a, b, c: a + a + b),
    ("(-a)^2", lambda a, b, c: a**2),
    ("-a^2 + b", lambda a, b, c: b - a**2),
    ("(-a) / b / c", lambda a, b, c: -a / b / c),
    ("a / (b / c)", lambda a, b, c: a / (b / c)),
    ("(a + b)^2 * 007", lambda a, b, c: 7 * (a + b) ** 2),
    ("log(exp(-a - (-b)))", lambda a, b, c: b - a),
]


@pytest.mark.parametrize(("text", "value"), ARITHMETIC)
def test_arithmetic_means_what_it_says(text, value):
    spec = als.ModelSpec(f"y ~ I({text}) + (1 | subject)")
    assert als.ModelSpec(spec.formula) == spec
    found = als.build_design(spec, TABLE).X[:, 1]
    np.testing.assert_allclose(found, value(*(TABLE[name].to_numpy() for name in "abc")), rtol=1e-12, atol=1e-14)


WORDS = (
    "y week arm a b `a b` `it's` subject phase 0 1 2 24 1e9 0.5 007 I( log( poly(week,2) phase(week,24) (week|subject)"
)
SIGNS = "( ( ( ) ) ) + + - * : / ^ | || ~ ~ , = ` ' . _"
PIECES = st.sampled_from([*WORDS.split(), *TRANSFORMS, *SIGNS.split(), " ", "\n", "\u00e9"])


@settings(max_examples=300, deadline=None, derandomize=True)
@given(st.lists(PIECES, max_size=14))
def test_pieces_of_formulas_give_a_formula_or_a_refusal(pieces):
    text = "".join(pieces)
    try:
        spec = als.ModelSpec(text)
    except AlsModelsError:
        return
    assert als.ModelSpec(spec.formula) == spec


COLUMNS = "week arm a b I(a^2) I(a/b) I(a*1e300*1e300) log(a) exp(exp(exp(week))) sqrt(b) center(a) scale(b) subject"
BASES = "poly(week,2) poly(a,10) bs(week,df=4) bs(a) C(arm) C(week) C(a) C(y) phase(week,24) phase(week,5)"
ODD = "I(1/0+a) I(subject+1) log(arm) I(a-a) I(a*0) sqrt(week) log1p(week)"
TERMS = st.sampled_from([*COLUMNS.split(), *BASES.split(), *ODD.split()])


@settings(max_examples=60, deadline=None, derandomize=True)
@given(st.lists(TERMS, min_size=1, max_size=3), st.sampled_from([" + ", ":", " * "]), TERMS)
def test_formulas_meet_data_in_a_design_or_a_refusal(terms, joined, random):
    formula = f"y ~ {joined.join(terms)} + ({random} | subject)"
    try:
        design = als.build_design(formula, TABLE)
    except AlsModelsError:
        return
    assert np.isfinite(design.X).all()
    assert np.isfinite(design.Z).all()
    assert design.X.shape[1] == len(set(design.fixed_names))
