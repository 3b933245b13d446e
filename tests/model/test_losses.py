"""What covariates cost is named with its count, first; what is suspect in a column stays with the results."""

import numpy as np
import pandas as pd
import pytest

import alsmodels as als
from alsmodels.model.notes import NoteKind

FORMULA = "alsfrs_r ~ age + arm * week + (week | subject)"


def trial(seed=1, subjects=12, arms=("placebo", "drug")):
    draw = np.random.default_rng(seed)
    rows = [(f"s{n:02d}", week, arms[n % len(arms)]) for n in range(subjects) for week in (0, 4, 8, 12)]
    frame = pd.DataFrame(rows, columns=["id", "week", "arm"])
    level = np.repeat(draw.normal(38, 4, subjects), 4)
    frame["alsfrs_r"] = (level - 0.2 * frame["week"] + draw.normal(0, 1, len(frame))).clip(0, 48)
    frame["age"] = np.repeat(draw.uniform(40, 70, subjects), 4)
    return frame


def read(frame, **more):
    return als.Cohort.from_frame(frame, als.Roles("id", "week", "arm"), **more)


def notes(fit, kind):
    return [note.text for note in fit.notes if note.kind is kind]


@pytest.mark.parametrize("bare", [False, True])
def test_a_covariate_that_costs_rows_is_the_first_note_with_its_counts(bare):
    frame = trial()
    frame.loc[frame["id"] == "s03", "age"] = np.nan
    frame.loc[frame.index[-1], "age"] = np.nan
    frame["age"] += 0.01 * frame["week"]  # of visits, not of subjects
    frame.loc[0, "alsfrs_r"] = np.nan
    fit = als.fit_lmm(FORMULA, frame.rename(columns={"id": "subject"}) if bare else read(frame))
    expected = "age is missing in 5 of 47 rows, which are left out, and with them every row of 1 subject."
    assert fit.notes[0].text == expected
    assert expected in str(fit.summary())
    table = als.estimate(fit, als.estimands_for(fit.spec, fit.design))
    assert table.attrs["notes"][0] == expected
    figure = als.plot_estimates(fit, als.estimands_for(fit.spec, fit.design))
    for drawn in (figure, als.plot_trajectories(fit)):
        (text,) = drawn.findobj(lambda one: one.get_gid() == "notes")
        assert expected in text.get_text().replace("\n", " ")


def test_an_age_at_baseline_is_the_subject_s_and_no_row_is_lost():
    frame = trial()
    whole = als.fit_lmm(FORMULA, read(frame))
    first = als.fit_lmm(FORMULA, read(frame.assign(age=frame["age"].where(frame["week"] == 0))))
    np.testing.assert_allclose(first.beta, whole.beta, rtol=1e-12)
    assert first.design.n_obs == len(frame)
    (note,) = notes(first, NoteKind.SUSPICION)
    assert "36 rows are filled" in note


def test_a_refusal_names_the_loss_before_what_follows_from_it():
    frame = trial().rename(columns={"id": "subject"})
    frame["age"] = frame["age"].where(frame["week"] == 0)
    with pytest.raises(
        als.DesignError, match=r"^age is missing in 36 of 48 rows, which are left out. Of what is left: "
    ):
        als.fit_lmm(FORMULA, frame)
    with pytest.raises(als.DesignError, match=r"^age is missing in 48 of 48 rows"):
        als.fit_lmm(FORMULA, frame.assign(age=np.nan))


def test_gaps_of_the_response_are_no_loss_of_a_covariate():
    frame = trial()
    frame.loc[3, "alsfrs_r"] = np.nan
    assert not notes(als.fit_lmm(FORMULA, read(frame)), NoteKind.LEFT_OUT)


def test_a_response_that_is_given_once_is_refused_with_the_way_out():
    frame = trial()
    frame["nfl"] = (frame["age"] + 1).where(frame["week"] == 0)
    with pytest.raises(als.DesignError, match=r"'nfl' is given on some rows alone.*outcomes=\['nfl'\]"):
        als.fit_lmm("nfl ~ week + (1 | subject)", read(frame))


def test_a_code_stays_with_the_fits_of_its_column_alone():
    frame = trial()
    frame.loc[frame["id"] == "s05", "age"] = -99
    cohort = read(frame)
    (note,) = notes(als.fit_lmm(FORMULA, cohort), NoteKind.SUSPICION)
    assert note.startswith("In the data, column 'age': 4 rows: the value -99")
    assert not notes(als.fit_lmm("alsfrs_r ~ arm * week + (week | subject)", cohort), NoteKind.SUSPICION)


@pytest.mark.parametrize("bare", [False, True])
def test_a_guessed_reference_is_a_note_of_every_table_with_arms(bare):
    frame = trial(arms=("verum", "low"))
    data = frame.rename(columns={"id": "subject"}) if bare else read(frame)
    fit = als.fit_lmm("alsfrs_r ~ arm * week + (week | subject)", data)
    (note,) = notes(fit, NoteKind.REFERENCE)
    assert "'low' is taken as the reference" in note
    assert "Reference arm: low" in str(fit.summary())
    assert not notes(als.fit_lmm("alsfrs_r ~ week + (week | subject)", data), NoteKind.REFERENCE)
    named = als.Cohort.from_frame(frame, als.Roles("id", "week", "arm", control="verum"))
    assert not notes(als.fit_lmm("alsfrs_r ~ arm * week + (week | subject)", named), NoteKind.REFERENCE)


@pytest.mark.parametrize("kind", [str, "category"])
def test_a_bare_table_has_the_reference_of_a_cohort(kind):
    frame = trial(arms=("Active", "PBO"))
    bare = frame.rename(columns={"id": "subject"}).astype({"arm": kind})
    fit = als.fit_lmm("alsfrs_r ~ arm * week + (week | subject)", bare)
    same = als.fit_lmm("alsfrs_r ~ arm * week + (week | subject)", read(frame))
    if kind is str:
        assert fit.design.arms == same.design.arms == ("PBO", "Active")
        np.testing.assert_allclose(fit.beta, same.beta, rtol=1e-10)
        assert "arm[T.Active]" in fit.params.index
    else:  # categories have the order that their maker gave them
        assert fit.design.arms == ("Active", "PBO")


@pytest.mark.parametrize(
    "dates",
    [
        pd.date_range("2020-01-05", periods=48, freq="7D"),
        [f"2020-{1 + n % 12:02d}-{1 + n % 28:02d}" for n in range(48)],
        [f"{1 + n % 28}.{1 + n % 12}.2020" for n in range(48)],
        [f"{1 + n % 28:02d}-MAR-2020" for n in range(48)],
        pd.Categorical([f"2020/{1 + n % 12}/{1 + n % 28}" for n in range(48)]),
    ],
)
def test_dates_are_no_levels(dates):
    frame = trial().assign(enrolled=dates)
    for data in (read(frame), frame.rename(columns={"id": "subject"})):
        with pytest.raises(als.DesignError, match=r"'enrolled' holds dates, such as .* Count days instead"):
            als.fit_lmm("alsfrs_r ~ enrolled + week + (1 | subject)", data)


def test_texts_with_numbers_are_levels_still():
    frame = trial().assign(site=[f"{n % 3 + 1}-{n % 2 + 1}" for n in range(12) for _ in range(4)])
    assert als.fit_lmm("alsfrs_r ~ site + week + (1 | subject)", read(frame)).design.X.shape[1] > 2
