"""A total under another name, declared to be the ALSFRS-R, has what the ALSFRS-R has."""

import numpy as np
import pandas as pd
import pytest

import alsmodels as als
from alsmodels.cli import main

ROLES = als.Roles("id", "week", "arm")


def trial(subjects=12, name="TOTAL"):
    draw = np.random.default_rng(3)
    rows = [(f"s{n:02d}", week, ("placebo", "drug")[n % 2]) for n in range(subjects) for week in (0, 6, 12, 24, 30, 36)]
    frame = pd.DataFrame(rows, columns=["id", "week", "arm"])
    level = np.repeat(draw.normal(38, 4, subjects), 6)
    frame[name] = (level - 0.2 * frame["week"] + draw.normal(0, 1, len(frame))).round().clip(1, 47)
    return frame


def test_it_is_the_known_outcome_but_for_its_name():
    total, known = (
        als.Outcome.alsfrs_r("TOTAL"),
        als.Cohort.from_frame(trial(name="alsfrs_r"), ROLES).outcomes["alsfrs_r"],
    )
    for field in ("label", "unit", "lower", "upper", "direction", "scale"):
        assert getattr(total, field) == getattr(known, field)
    assert (total.is_alsfrs_r, known.is_alsfrs_r) == (True, True)
    assert als.Outcome.from_dict(total.to_dict()) == total
    assert als.Outcome("t", label="Score", measures="alsfrs_r").title == "Score (points)"
    with pytest.raises(als.DataError, match="measures is 'frs'; it must be one of 'alsfrs_r'"):
        als.Outcome("t", measures="frs")


@pytest.mark.parametrize(("row", "value", "rule"), [(3, 49, "value-outside-bounds"), (3, -1, "value-outside-bounds")])
def test_it_has_its_bounds(row, value, rule):
    frame = trial()
    frame.loc[row, "TOTAL"] = value
    als.Cohort.from_frame(frame, ROLES, outcomes=["TOTAL"])
    with pytest.raises(als.DataError, match=f"{rule} in column 'TOTAL'"):
        als.Cohort.from_frame(frame, ROLES, outcomes=[als.Outcome.alsfrs_r("TOTAL")])


def test_it_has_its_checks():
    frame = trial()
    frame.loc[2, "TOTAL"], frame.loc[1, "TOTAL"] = 45, 30
    cohort = als.Cohort.from_frame(frame, ROLES, outcomes=[als.Outcome.alsfrs_r("TOTAL")])
    assert "rise-over-6" in {finding.rule for finding in cohort.findings}
    older = frame.assign(alsfrs=frame["TOTAL"].clip(0, 40), TOTAL=frame["TOTAL"].clip(0, 40))
    cohort = als.Cohort.from_frame(older, ROLES, outcomes=[als.Outcome.alsfrs_r("TOTAL")])
    assert "scale-doubtful" in {finding.rule for finding in cohort.findings}
    from alsmodels.data.alsfrsr import ITEMS

    items = {name: 3 for number, name in ITEMS.items() if number.isdigit()}
    with pytest.raises(als.DataError, match="total-not-sum in column 'TOTAL'"):
        als.Cohort.from_frame(frame.assign(**items), ROLES, outcomes=[als.Outcome.alsfrs_r("TOTAL")])
    whole = als.Cohort.from_frame(frame.assign(**items, TOTAL=36), ROLES, outcomes=[als.Outcome.alsfrs_r("TOTAL")])
    assert "alsfrs_r" not in whole.outcomes


def test_it_has_its_priors_and_its_label(tmp_path):
    cohort = als.Cohort.from_frame(trial(), ROLES, outcomes=[als.Outcome.alsfrs_r("TOTAL")])
    same = als.Cohort.from_frame(trial(name="alsfrs_r"), ROLES)
    priors = als.alsfrs_r_priors(als.build_design("TOTAL ~ arm * week + (week | subject)", cohort))
    known = als.alsfrs_r_priors(als.build_design("alsfrs_r ~ arm * week + (week | subject)", same))
    assert priors == known
    undeclared = als.Cohort.from_frame(trial(), ROLES, outcomes=["TOTAL"])
    with pytest.raises(als.SpecError, match=r"Outcome\.alsfrs_r\('TOTAL'\)"):
        als.alsfrs_r_priors(als.build_design("TOTAL ~ week + (week | subject)", undeclared))
    fit = als.fit_lmm("TOTAL ~ arm * week + (week | subject)", cohort)
    assert "ALSFRS-R total" in als.plot_trajectories(fit).axes[0].get_ylabel()
    cohort.save(tmp_path / "kept")
    assert als.read_cohort(tmp_path / "kept").outcomes["TOTAL"].is_alsfrs_r


def test_the_command_can_be_told(tmp_path, capsys):
    trial().to_csv(tmp_path / "trial.csv", index=False)
    assert main(["check", str(tmp_path / "trial.csv"), "--alsfrs-r", "TOTAL"]) == 0
    assert "points" in capsys.readouterr().out
    trial().assign(TOTAL=50).to_csv(tmp_path / "wrong.csv", index=False)
    assert main(["check", str(tmp_path / "wrong.csv"), "--alsfrs-r", "TOTAL", "--outcome", "TOTAL"]) == 2
    assert "value-outside-bounds" in capsys.readouterr().err
