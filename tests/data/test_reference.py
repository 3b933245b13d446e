"""The reference arm is found by the words of its label, or the alphabet chooses and a warning says so."""

import pandas as pd
import pytest

import alsmodels as als
from alsmodels.data.reference import find_reference
from alsmodels.data.roles import order_arms

BY_A_WORD = [
    ("Sham", ["Active"]),
    ("PBO", ["ACT"]),
    ("Usual care", ["Anakinra"]),
    ("untreated", ["treated"]),
    ("Placebo + riluzole", ["Drug + riluzole"]),
    ("historical controls 2006-2012", ["anakinra"]),
    ("Kontrolle", ["Anakinra"]),
    ("Kontrollgruppe", ["Verum"]),
    ("témoin", ["Anakinra"]),
    ("contrôle", ["actif"]),
    ("Scheinbehandlung", ["Anakinra"]),
    ("grupo control", ["fármaco"]),
    ("gruppo di controllo", ["anakinra"]),
    ("controle", ["behandeling"]),
    ("Kontroll", ["Aktiv"]),
    ("SOC", ["Drug + SOC"]),
    ("Control", ["Drug + control"]),
    ("comparator X", ["drug + placebo"]),
    ("Placebo", ["drug 10 mg", "drug 20 mg"]),
    ("0 mg", ["10 mg", "50 mg"]),
    ("0mg/kg", ["5mg/kg"]),
    ("ctrl_1", ["trt_1"]),
    ("PlaceboArm", ["ActiveArm"]),
    ("placebo", ["non-placebo"]),
    ("Placebo BID (n=20)", ["Verdiperstat 600 mg BID"]),
    ("Natural history", ["tofersen"]),
    ("vehicle", ["ASO"]),
    ("安慰剂组", ["药物组"]),
    ("Плацебо", ["Препарат"]),
    ("Sham procedure", ["Nusinersen 12 mg"]),
    ("Treatment as usual", ["ACT"]),
    ("Matching placebo", ["Active"]),
    ("placebo (oral)", ["drug (oral)"]),
    ("no treatment", ["treatment"]),
    ("not treated", ["treated"]),
    ("controls", ["anakinra"]),
    ("CONTROL", ["ANAKINRA"]),
    ("Placebo + SOC", ["Drug + SOC"]),
    ("Placebo + placebo", ["Drug + placebo"]),
    ("Drug + Placebo", ["Drug"]),
    ("Placebo to drug", ["Drug to drug"]),
    ("disease control", ["Healthy"]),
    ("placebo 100mg", ["anakinra 100mg + placebo"]),
    ("external control arm", ["arm A"]),
    ("Übliche Versorgung", ["Intervention"]),
    ("Best supportive care", ["Masitinib"]),
    ("plc", ["act"]),
    ("sin tratamiento", ["tratamiento"]),
    ("Untreated (registry)", ["Treated"]),
    ("placebo", ["natural killer cells"]),
    ("dummy", ["real"]),
    ("Comparator", ["Test"]),
    ("Placebo, 10 mg", ["Drug, 10 mg"]),
    ("Control (historical)", ["Anakinra"]),
    ("Placebo and placebo", ["Anakinra and placebo"]),
]
BY_THE_ALPHABET = [
    ["Drug A + placebo B", "Drug B + placebo A"],
    ["uncontrolled", "treated"],
    ["control diet", "control drug"],
    ["A", "B"],
    ["high", "low"],
    ["placebo-controlled drug", "open label"],
    ["riluzole", "riluzole + edaravone"],
    ["placebo/drug", "drug/placebo"],
    ["Placebo", "placebo", "drug"],
    ["standard", "intensive"],
    ["TAU", "anti-tau"],
    ["pl", "act"],
    ["observational", "interventional"],
    ["active", "inactive"],
    ["early start", "delayed start"],
    ["0", "1"],
    ["Natural killer cells", "Stem cells"],
    ["kontrolliert", "offen"],
    ["non contrôlé", "actif"],
    ["not a control", "drug"],
]


def trial(arms):
    rows = [(f"s{n}", week, arm) for n, arm in enumerate(arms) for week in (0, 4)]
    return pd.DataFrame(rows, columns=["id", "week", "arm"]).assign(alsfrs_r=40.0)


@pytest.mark.parametrize(("reference", "others"), BY_A_WORD, ids=[reference for reference, _ in BY_A_WORD])
@pytest.mark.parametrize("change", [str, str.upper, str.lower])
def test_a_word_decides_whatever_its_case(reference, others, change):
    arms = [change(arm) for arm in (*others, reference)]
    assert find_reference(arms).arm == change(reference)
    assert order_arms(arms)[0] == change(reference)


@pytest.mark.parametrize("arms", BY_THE_ALPHABET, ids=str)
def test_where_no_word_decides_the_alphabet_does(arms):
    found = find_reference(arms)
    assert found.by in {"alphabet", "words"}
    assert found.arm == min(found.among)


@pytest.mark.parametrize("arms", [["low", "high"], ["A + placebo B", "B + placebo A"]])
def test_a_guess_is_a_warning_that_stays_until_the_reference_is_named(arms, tmp_path):
    roles = als.Roles("id", "week", "arm")
    cohort = als.Cohort.from_frame(trial(arms), roles)
    (finding,) = [found for found in cohort.findings if found.rule == "reference-by-alphabet"]
    assert cohort.control == min(arms)
    assert repr(cohort.control) in finding.message
    assert "alphabet" in finding.message
    assert f"control={max(arms)!r}" in finding.remedy
    assert "--control" in finding.remedy
    cohort.save(tmp_path / "kept")
    assert finding in als.read_cohort(tmp_path / "kept").findings
    named = als.Cohort.from_frame(trial(arms), als.Roles("id", "week", "arm", control=max(arms)))
    assert named.control == max(arms)
    assert not [found for found in named.findings if found.rule == "reference-by-alphabet"]


def test_one_arm_and_no_arm_need_no_reference():
    assert find_reference([]) is None
    assert not als.Cohort.from_frame(trial(["x"]), als.Roles("id", "week", "arm")).findings
    assert not als.Cohort.from_frame(trial(["x"]).drop(columns="arm"), als.Roles("id", "week")).findings
