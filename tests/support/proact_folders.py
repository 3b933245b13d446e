"""Small folders in the manner of PRO-ACT, with made-up subjects."""

import pandas as pd

ITEMS = (
    "Q1_Speech",
    "Q2_Salivation",
    "Q3_Swallowing",
    "Q4_Handwriting",
    "Q6_Dressing_and_Hygiene",
    "Q7_Turning_in_Bed",
    "Q8_Walking",
    "Q9_Climbing_Stairs",
)
Q5A, Q5B = "Q5a_Cutting_without_Gastrostomy", "Q5b_Cutting_with_Gastrostomy"
REVISED = ("R_1_Dyspnea", "R_2_Orthopnea", "R_3_Respiratory_Insufficiency")


def score(subject=1, day=0, **changed):
    """A record of the revised scale: every item 3, so a total of 36."""
    record = {"subject_id": subject, "ALSFRS_Delta": day} | dict.fromkeys([*ITEMS, Q5A, *REVISED], 3)
    return record | {Q5B: None, "Q10_Respiratory": None, "ALSFRS_Total": None, "ALSFRS_R_Total": 36} | changed


def old_score(subject=1, day=0, **changed):
    """A record of the older scale: every item 3, so a total of 30."""
    older = dict.fromkeys(REVISED) | {"Q10_Respiratory": 3, "ALSFRS_Total": 30, "ALSFRS_R_Total": None}
    return score(subject, day, **older | changed)


def lab(subject=1, day=0, test="CK", result="200", unit="U/L"):
    """A record of the table LABS."""
    return {
        "subject_id": subject,
        "Test_Name": test,
        "Test_Result": result,
        "Test_Unit": unit,
        "Laboratory_Delta": day,
    }


def breath(subject=1, day=0, litres=3.0, **changed):
    """A record of the table FVC."""
    return {"subject_id": subject, "Forced_Vital_Capacity_Delta": day, "Subject_Liters_Trial_1": litres} | changed


def write_folder(folder, prefix="F_PROACT_", **tables):
    """Write each list of records, or table, to a CSV file named after it, and return the folder."""
    folder.mkdir(exist_ok=True)
    for name, records in tables.items():
        pd.DataFrame(records).to_csv(folder / f"{prefix}{name}.csv", index=False)
    return folder


def found(cohort, rule):
    """The one warning of a rule."""
    (finding,) = [finding for finding in cohort.findings if finding.rule == rule]
    return finding


def left_out(cohort, words, *, of="visits"):
    """Rows and subjects of the one step whose name holds these words."""
    flow = cohort.flow(of=of)
    (place,) = [place for place, step in enumerate(flow["step"]) if words in step]
    return int(flow["rows"][place]), int(flow["subjects"][place])
