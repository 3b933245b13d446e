"""What is known of subjects at enrolment: age, sex, onset, delay, riluzole, the rate before enrolment."""

import pytest
from proact_folders import found, old_score, score, write_folder

from alsmodels.data.alsfrsr import delta_frs, months_between
from alsmodels.data.readers.proact import read_proact


def read(tmp_path, *scores, **tables):
    return read_proact(write_folder(tmp_path, ALSFRS=list(scores) or [score(1, 0), score(1, 28)], **tables))


def history(subject=1, onset=-365.25, diagnosis=None, **sites):
    return {"subject_id": subject, "Onset_Delta": onset, "Diagnosis_Delta": diagnosis} | sites


def rules(cohort):
    return {finding.rule for finding in cohort.findings}


def test_age_and_sex(tmp_path):
    people = [
        {"subject_id": 1, "Age": 61.5, "Sex": "Female", "Date_of_Birth": None},
        {"subject_id": 2, "Age": None, "Sex": "M", "Date_of_Birth": -365.25 * 50},
        {"subject_id": 3, "Age": None, "Sex": None, "Date_of_Birth": None},
    ]
    cohort = read(tmp_path, *(score(subject) for subject in (1, 2, 3)), DEMOGRAPHICS=people)
    assert cohort.subjects["age"].fillna(-1).tolist() == [61.5, 50, -1]
    assert cohort.subjects["sex"].fillna("?").tolist() == ["female", "male", "?"]
    assert found(cohort, "proact-age-made").message == "1 row with Date_of_Birth, but without Age."


def test_of_rows_that_disagree_the_first_counts_and_is_counted(tmp_path):
    people = [{"subject_id": 1, "Age": age, "Sex": "Male"} for age in (None, 61, 62)]
    cohort = read(tmp_path, DEMOGRAPHICS=people)
    assert cohort.subjects["age"].tolist() == [61]
    finding = found(cohort, "proact-rows-disagree")
    assert (finding.column, finding.remedy) == ("Age", "Of their values the first counts.")


SITES = [
    ({"Site_of_Onset": "Onset: Limb"}, "limb"),
    ({"Site_of_Onset": "Onset: Bulbar"}, "bulbar"),
    ({"Site_of_Onset": "Onset: Limb and Bulbar"}, "limb and bulbar"),
    ({"Site_of_Onset": "Onset: Spine"}, "spine"),
    ({"Site_of_Onset": "Bulbar"}, "bulbar"),
    ({"Site_of_Onset___Bulbar": 1, "Site_of_Onset___Limb": 0}, "bulbar"),
    ({"Site_of_Onset___Bulbar": 0, "Site_of_Onset___Limb": 1}, "limb"),
    ({"Site_of_Onset___Bulbar": 1, "Site_of_Onset___Limb": 1}, "limb and bulbar"),
    ({"Site_of_Onset___Limb_and_Bulbar": 1, "Site_of_Onset___Limb": 1}, "limb and bulbar"),
    ({"Site_of_Onset___Limb_and_Bulbar": 1}, "limb and bulbar"),
    ({"Site_of_Onset___Spine": 1}, "spine"),
    ({"Site_of_Onset___Other": 1, "Site_of_Onset___Other_Specify": "neck"}, "other"),
    ({"Site_of_Onset": "Onset: Limb", "Site_of_Onset___Bulbar": 1}, "limb"),
    ({"Site_of_Onset": None, "Site_of_Onset___Bulbar": 1}, "bulbar"),
    ({"Site_of_Onset___Bulbar": 0}, None),
    ({}, None),
]


@pytest.mark.parametrize(("columns", "site"), SITES)
def test_the_site_of_onset_by_text_or_by_columns(tmp_path, columns, site):
    cohort = read(tmp_path, ALSHISTORY=[history(**columns)])
    assert cohort.subjects["onset"].fillna("?").tolist() == [site or "?"]
    assert "proact-onset-unclear" not in rules(cohort)


@pytest.mark.parametrize("sites", [("Bulbar", "Spine"), ("Limb", "Other"), ("Limb_and_Bulbar", "Spine")])
def test_sites_without_a_name_together(tmp_path, sites):
    cohort = read(tmp_path, ALSHISTORY=[history(**{f"Site_of_Onset___{site}": 1 for site in sites})])
    assert cohort.subjects["onset"].isna().all()
    assert found(cohort, "proact-onset-unclear").message.startswith("1 row ")


def test_several_rows_of_history(tmp_path):
    rows = [
        history(1, None, None, Site_of_Onset=None),
        history(1, -200, -100, Site_of_Onset="Onset: Limb"),
        history(1, -400, None, Site_of_Onset="Onset: Limb"),
        history(2, -100, -50, Site_of_Onset="Onset: Bulbar"),
    ]
    cohort = read(tmp_path, score(1), score(2), ALSHISTORY=rows)
    assert cohort.subjects["onset"].tolist() == ["limb", "bulbar"]
    assert cohort.subjects["months_since_onset"].tolist() == [months_between(400), months_between(100)]
    assert cohort.subjects["diagnosis_delay"].tolist() == [months_between(300), months_between(50)]
    finding = found(cohort, "proact-rows-disagree")
    assert (finding.column, finding.remedy) == ("Onset_Delta", "Of their values the earliest counts.")


def test_an_onset_after_enrolment_is_missing_and_counted(tmp_path):
    cohort = read(tmp_path, score(1), score(2), ALSHISTORY=[history(1, 12), history(2, -30.4375)])
    assert cohort.subjects["months_since_onset"].fillna(-1).tolist() == [-1, 1]
    assert found(cohort, "proact-onset-after-enrolment").message.startswith("1 subject ")


def test_a_diagnosis_before_the_onset_has_no_delay(tmp_path):
    cohort = read(tmp_path, ALSHISTORY=[history(1, -100, -300)])
    assert cohort.subjects["diagnosis_delay"].isna().all()
    assert found(cohort, "proact-diagnosis-before-onset").message.startswith("1 subject ")


def test_the_rate_before_enrolment_is_by_the_last_total_at_or_before_it(tmp_path):
    scores = [
        score(1, -300, Q1_Speech=4, ALSFRS_R_Total=37),
        score(1, -30),
        score(1, 28, Q1_Speech=0, ALSFRS_R_Total=33),
        score(2, 7),
        old_score(3, 0),
        score(4, 0),
    ]
    rows = [history(1, -400), history(2, -400), history(3, -400), history(4, None)]
    cohort = read(tmp_path, *scores, ALSHISTORY=rows)
    rate = cohort.subjects["delta_frs"]
    assert rate[0] == pytest.approx(delta_frs(36.0, months_between(370.0)), rel=1e-12)
    assert rate.isna().tolist() == [False, True, True, True]


def test_there_is_no_rate_at_the_day_of_onset(tmp_path):
    assert read(tmp_path, ALSHISTORY=[history(1, 0)]).subjects["delta_frs"].isna().all()


def test_riluzole(tmp_path):
    rows = [(1, "No"), (1, "Yes"), (2, "No"), (3, None), (4, "unknown")]
    table = [{"subject_id": subject, "Subject_used_Riluzole": used} for subject, used in rows]
    cohort = read(tmp_path, *(score(subject) for subject in (1, 2, 3, 4, 5)), RILUZOLE=table)
    assert cohort.subjects["riluzole"].fillna("?").tolist() == ["yes", "no", "?", "?", "?"]
    assert found(cohort, "proact-rows-disagree").remedy == "Of their values yes counts."


def test_arms_that_disagree_are_told(tmp_path):
    table = [{"subject_id": 1, "Study_Arm": arm} for arm in ("Active", "Placebo")]
    cohort = read(tmp_path, TREATMENT=table)
    assert cohort.subjects["study_arm"].tolist() == ["Active"]
    assert found(cohort, "proact-rows-disagree").column == "Study_Arm"


def test_what_no_table_tells_is_no_column(tmp_path):
    columns = set(read(tmp_path).subjects)
    assert {"subject", "last_contact_week"} <= columns
    assert not {"age", "onset", "riluzole", "study_arm", "delta_frs", "died"} & columns
