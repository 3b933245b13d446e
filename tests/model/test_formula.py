"""The grammar: what it reads, what it makes of it, and what it refuses."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alsmodels.errors import AlsModelsError, FormulaError
from alsmodels.model.formula import read_formula
from alsmodels.model.spec import ModelSpec

SPELLINGS = [
    ("y ~ a * b", "y ~ a + b + a:b"),
    ("y~a*b-a:b", "y ~ a + b"),
    ("y ~ (a + b)^2 - b:a", "y ~ a + b"),
    ("y ~ (a + b + c)**2", "y ~ a + b + c + a:b + a:c + b:c"),
    ("y ~ a / b", "y ~ a + a:b"),
    ("y ~ (a + b) / c", "y ~ a + b + a:b:c"),
    ("y ~ b:a + a", "y ~ a + a:b"),
    ("y ~ 0 + a", "y ~ 0 + a"),
    ("y ~ -1 + a", "y ~ 0 + a"),
    ("y ~ a - 1", "y ~ 0 + a"),
    ("y ~ 1 + a - 0", "y ~ a"),
    ("log(y) ~ I(a^2) + `odd name`", "log(y) ~ I(a ** 2) + `odd name`"),
    ("y ~ I(a - 2 * b)", "y ~ I(a - (2 * b))"),
    ("y ~ poly(week, 2) + bs(age, df=4)", "y ~ poly(week, 2) + bs(age, df=4)"),
    ("y ~ a + (week | subject)", "y ~ a + (week | subject)"),
    ("y ~ (1 | subject) + a + (0 + week | subject)", "y ~ a + (1 | subject) + (0 + week | subject)"),
    ("y ~ (phase(week,24)||subject)", "y ~ 1 + (phase(week, 24) || subject)"),
    ("y ~ bl.age + x.1.y", "y ~ `bl.age` + `x.1.y`"),
    ("y ~ factor(site) + as.factor(visit)", "y ~ C(site) + C(visit)"),
    ("y ~ I(week > 24) + I((week>=12)*age)", "y ~ I(week > 24) + I((week >= 12) * age)"),
    ("y ~ I(week == 24 + 1) + I(week != 3)", "y ~ I(week == (24 + 1)) + I(week != 3)"),
    ("y ~ poly(week, 2, raw=TRUE) + poly(age, degree=3, raw = F)", None),
    ("y ~ ns(week, 3) + ns(age, df=2)", "y ~ ns(week, 3) + ns(age, df=2)"),
    ("y ~ abs(week) + sin(week) + cos(week)", "y ~ abs(week) + sin(week) + cos(week)"),
    ("y ~ offset(log(age)) + week", "y ~ week + offset(log(age))"),
    ("y ~ week + offset(age) - 1", "y ~ 0 + week + offset(age)"),
    ("y ~ offset(age)", "y ~ 1 + offset(age)"),
    ("y ~ phase(week, 24, 48) + (week | Subject)", "y ~ phase(week, 24, 48) + (week | subject)"),
    ("y ~ phase(month, 6) + (month | SUBJECT)", "y ~ phase(month, 6) + (month | subject)"),
    ("y ~ 1e-3", None),
]


@pytest.mark.parametrize(("text", "canonical"), [pair for pair in SPELLINGS if pair[1]])
def test_canonical_spelling(text, canonical):
    formula = read_formula(text)
    assert str(formula) == canonical
    assert str(read_formula(canonical)) == canonical


HOSTILE = [
    "__import__('os').system('x')",
    "y ~ __import__('os').system('x')",
    "y ~ __import__(os)",
    "__import__('os').system('x') ~ week + (1 | subject)",
    "y ~ ().__class__.__bases__[0]",
    "y ~ week.__class__",
    "y ~ week.__values__",
    "y ~ week.",
    "y ~ .week",
    "y ~ week['a']",
    "y ~ [x for x in week]",
    "y ~ {week}",
    "y ~ lambda: 1",
    "y ~ (lambda x: x)(week)",
    "y ~ eval(week)",
    "y ~ exec(week)",
    "y ~ open(week)",
    "y ~ np.exp(week)",
    "y ~ getattr(week, age)",
    "y ~ log(week, out=week)",
    "y ~ log(week)(age)",
    "y ~ `__import__`('os')",
    "y ~ log(`a`.b)",
    "y ~ 'week'",
    'y ~ "week"',
    "y ~ f'{week}'",
    "y ~ week; import os",
    "y ~ week\nimport os",
    "y := week ~ age",
    "y = 3 ~ age",
    "y ~ week if age else sex",
    "y ~ week and age",
    "y ~ not week",
    "y ~ week == age",
    "y ~ week < age",
    "y ~ week @ age",
    "y ~ week % age",
    "y ~ ~week",
    "y ~ week # comment",
    "y ~ $week",
    "y ~ {{week}}",
    "y ~ %in%",
    "y ~ phase(week, knot)",
    "y ~ phase(week, 24, age)",
    "y ~ phase(week, 24, knot=36)",
    "y ~ phase(age, 24)",
    "y ~ phase(24)",
    "y ~ phase(week, -24)",
    "y ~ poly(week, age)",
    "y ~ C(arm, Treatment(reference='x'))",
    "y ~ I(open(week))",
    "y ~ I(week > 3 > age)",
    "y ~ week > 3",
    "log(y) > 3 ~ week",
    "y ~ week ** age",
    "y ~ (a + b + c + d) ^ 9",
    "y ~ (week | subject",
    "y ~ (week | subject) | site",
    "y ~ (1 | subject/site)",
    "y ~ a:(1 | subject)",
    "y ~ a - (1 | subject)",
    "y ~",
    "~ week",
    "y",
    "",
    "y ~ week ~ age",
    "y ~ 5",
    "y ~ " + "(" * 200 + "week" + ")" * 200,
    "y ~ " + "a*" * 20 + "a1*b1*c1*d1*e1*f1*g1*h1*i1*j1",
    "y ~ " + " + ".join(f"x{i}" for i in range(600)),
    "y ~ \u0661 + week",
    "y ~ we\u0435k\u200b",
    "y ~ week\x00",
]


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_what_has_no_rule_is_refused_with_a_sentence(text):
    with pytest.raises(AlsModelsError) as caught:
        ModelSpec(text)
    message = str(caught.value)
    assert message[0].isupper() or message[0] == "'"
    assert len(message) < 500


def test_a_refusal_points_at_the_place():
    with pytest.raises(FormulaError, match="character 9") as caught:
        read_formula("y ~ week._values")
    *_, shown, caret = str(caught.value).splitlines()
    assert shown[caret.index("^")] == "."


@given(st.text(alphabet="yab10+-*/:^|~()., '`\"_[]{}=<>!\nlogIphasefmtr", max_size=40))
def test_no_text_gives_anything_but_a_formula_or_a_refusal(text):
    try:
        formula = read_formula(text)
    except FormulaError:
        return
    assert read_formula(str(formula)) == formula


def test_columns_and_knots():
    formula = read_formula("log(il6) ~ arm * phase(week, 24) + age + (phase(week, 24) | subject)")
    assert formula.columns == ("il6", "arm", "week", "age", "subject")
    assert formula.knots == (24.0,)
    assert formula.random[0].correlated


def test_spellings_of_r_are_read():
    assert str(read_formula("y ~ poly(week, 2, raw=TRUE)")) == "y ~ poly(week, 2, raw=True)"
    assert str(read_formula("y ~ poly(week, degree=3, raw = F)")) == "y ~ poly(week, degree=3, raw=False)"
    assert read_formula("y ~ factor(site)").factors == ("site",)


@pytest.mark.parametrize(
    ("term", "hint"),
    [
        ("pmax(week - 24, 0)", "phase(week, 24)"),
        ("pmin(week, 24)", "phase(week, 24)"),
        ('relevel(arm, ref = "placebo")', "Roles(..., control='placebo')"),
        ("as.numeric(week)", "a column of numbers is one"),
        ("ifelse(week > 24, 1, 0)", "I(week > 24)"),
        ("s(week)", "ns(week, df=3)"),
        ("us(week | subject)", "(phase(week, 24) | subject)"),
    ],
)
def test_what_r_has_and_formulas_do_not_gets_a_hint(term, hint):
    with pytest.raises(FormulaError) as caught:
        read_formula(f"y ~ arm + {term} + (week | subject)")
    assert hint in str(caught.value).splitlines()[0]


def test_offsets_are_taken_off_and_are_no_terms():
    formula = read_formula("y ~ week + offset(log(age)) + offset(2 * x) + (week | subject)")
    assert formula.offsets == ("log(age)", "2 * x")
    assert formula.term_columns == ("week",)
    assert formula.columns == ("y", "week", "age", "x", "subject")


@pytest.mark.parametrize(
    ("text", "time", "knots"),
    [
        ("y ~ phase(week, 24, 48)", "week", (24.0, 48.0)),
        ("y ~ phase(month, 6) + (month | subject)", "month", (6.0,)),
        ("y ~ phase(week, 12, 24) + (phase(week, 24) | subject)", "week", (12.0, 24.0)),
        ("y ~ week + C(month)", "week", ()),
        ("y ~ C(week)", None, ()),
        ("y ~ month", "month", ()),
        ("y ~ I(day^2)", "day", ()),
        ("y ~ age", None, ()),
    ],
)
def test_the_time_of_a_formula(text, time, knots):
    formula = read_formula(text)
    assert (formula.time, formula.knots) == (time, knots)
