"""A newcomer's walk: a sheet as a German spreadsheet saves it, to a table and a figure, with ten lines of the README.

Semicolons, decimal commas, cp1252; `PBO` and `Active`; the age on the baseline row alone; `ND` among the markers. What
comes out is compared with statsmodels' fit of the same numbers, taken from the text by Python's csv module.
"""

import csv
import re
import warnings
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
import statsmodels.formula.api as smf

import alsmodels as als

PAGE = Path(__file__).parents[1] / "docs" / "how-to" / "read-your-data.md"
WEEKS = (0, 6, 12, 18, 24, 36, 48)


def write_sheet(path):
    """Sixty patients with seven visits; every number with a decimal comma."""
    rng = np.random.default_rng(20)
    lines = ["Patient;Woche;Gruppe;Alter;Zentrum;alsfrs_r;NfL [pg/mL]"]
    for number in range(60):
        arm, age = ("Active", "PBO")[number % 2], f"{rng.normal(60, 9):.1f}"
        level, slope = rng.normal(37, 3), rng.normal(-0.25 + 0.12 * (arm == "Active"), 0.08)
        site = ("Köln", "Zürich", "Genf")[number % 3]
        for week in WEEKS[: 3 + number % 5]:
            total = min(48, level - 0.1 * (float(age) - 60) + slope * week + rng.normal(0, 1))
            nfl = "ND" if rng.random() < 0.1 else f"{np.exp(rng.normal(4, 0.4)):.1f}"
            cells = (f"P{number:02d}", str(week), arm, age if week == 0 else "", site, f"{total:.1f}", nfl)
            lines.append(";".join(cell.replace(".", ",") for cell in cells))
    path.write_bytes("\r\n".join([*lines, ""]).encode("cp1252"))


def by_hand(path):
    """The same numbers, taken from the text without the package."""
    rows = list(csv.DictReader(path.read_bytes().decode("cp1252").splitlines(), delimiter=";"))
    ages = {row["Patient"]: float(row["Alter"].replace(",", ".")) for row in rows if row["Alter"]}
    return pd.DataFrame(
        {
            "patient": [row["Patient"] for row in rows],
            "week": [float(row["Woche"]) for row in rows],
            "active": [float(row["Gruppe"] == "Active") for row in rows],
            "age": [ages[row["Patient"]] for row in rows],
            "total": [float(row["alsfrs_r"].replace(",", ".")) for row in rows],
            "nfl": [
                np.nan if row["NfL [pg/mL]"] == "ND" else float(row["NfL [pg/mL]"].replace(",", ".")) for row in rows
            ],
        }
    )


def ten_lines():
    """The lines of the walk, as the page has them."""
    section = PAGE.read_text(encoding="utf-8").split("## A newcomer's walk")[1]
    return re.search(r"```\{code-cell\} python\n(import alsmodels.*?)```", section, flags=re.DOTALL)[1]


@pytest.fixture(scope="module")
def walk(tmp_path_factory):
    """What the ten lines leave behind, and the folder they ran in."""
    folder = tmp_path_factory.mktemp("walk")
    write_sheet(folder / "trial.csv")
    names = {}
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        exec(ten_lines(), names)  # noqa: S102 - the lines of our own page
    yield names, folder
    plt.close("all")


@pytest.fixture(scope="module")
def apart(walk):
    table = by_hand(walk[1] / "trial.csv").assign(phase=lambda rows: rows["week"] / 24)  # or its search goes astray
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # statsmodels warns of its own optimiser
        model = smf.mixedlm("total ~ age + active * phase", table, groups="patient", re_formula="~phase")
        return model.fit(reml=True, method="lbfgs").params


def test_ten_lines():
    lines = [line for line in ten_lines().splitlines() if line.strip()]
    assert len(lines) <= 10


def test_the_cohort_is_what_the_sheet_says(walk):
    cohort, expected = walk[0]["cohort"], by_hand(walk[1] / "trial.csv")
    frame = cohort.to_frame()
    assert cohort.control == "PBO"
    assert frame["alsfrs_r"].tolist() == expected["total"].tolist()
    assert frame["Alter"].tolist() == expected["age"].tolist()
    np.testing.assert_array_equal(frame["NfL [pg/mL]"], expected["nfl"])
    assert set(frame["Zentrum"]) == {"Köln", "Zürich", "Genf"}
    told = " ".join(str(finding) for finding in cohort.findings)
    assert all(words in told for words in ("read as cp1252", "with decimal commas", "'ND'", "'Alter'"))


def test_the_table_is_right(walk, apart):
    table = pd.read_csv(walk[1] / "answers.csv")
    slopes = table[table["estimand"].str.contains("slope")].set_index("estimand")["estimate"]
    month = 365.25 / 84
    assert slopes[slopes.index.str.contains("PBO")].iloc[0] == pytest.approx(apart["phase"] / 24 * month, rel=1e-4)
    difference = slopes[[name for name in slopes.index if "Active" in name and "PBO" in name]].iloc[0]
    assert difference == pytest.approx(apart["active:phase"] / 24 * month, rel=1e-4)
    assert difference > 0


def test_the_figure_is_right(walk, apart):
    fit, folder = walk[0]["fit"], walk[1]
    assert (folder / "trajectories.png").stat().st_size > 10_000
    means = als.mean_trajectories(fit, weeks=[0.0, 24.0]).set_index(["arm", "week"])["estimate"]
    gap = means["Active", 24.0] - means["PBO", 24.0]
    assert gap == pytest.approx(apart["active"] + apart["active:phase"], rel=1e-4)
    axes = als.plot_trajectories(fit).axes[0]
    drawn = [line for line in axes.lines if len(line.get_xdata()) > 10]
    at_24 = sorted(float(np.interp(24, line.get_xdata(), line.get_ydata())) for line in drawn)
    assert any(value == pytest.approx(means["Active", 24.0], rel=1e-3) for value in at_24)
    assert any(value == pytest.approx(means["PBO", 24.0], rel=1e-3) for value in at_24)
