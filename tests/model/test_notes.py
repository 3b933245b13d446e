"""Notes are texts that know their kind, and units and transforms are values that print."""

import copy
import json
import pickle

import pandas as pd
import pytest

import alsmodels as als
from alsmodels.data.outcomes import Outcome
from alsmodels.model.notes import Note, NoteKind, restore_notes
from alsmodels.model.spec import ModelSpec
from alsmodels.model.units import CORRELATION, PER_MONTH, RESPONSE, SHARE, Measure, Unit

NOTE = Note(NoteKind.DEATH, "9 subjects died.")


@pytest.mark.parametrize("again", [copy.copy, copy.deepcopy, lambda note: pickle.loads(pickle.dumps(note))])  # noqa: S301  # our own bytes
def test_a_copy_of_a_note_is_the_note(again):
    made = again(NOTE)
    assert (made, made.kind, type(made)) == (NOTE, NoteKind.DEATH, Note)


def test_a_note_is_its_text_wherever_a_text_is_wanted():
    assert str(NOTE) == NOTE.text == "9 subjects died."
    assert type(NOTE.text) is str
    assert json.loads(json.dumps([NOTE])) == ["9 subjects died."]


def test_a_note_is_never_edited():
    with pytest.raises(AttributeError, match="never edited"):
        NOTE.kind = NoteKind.RATIO
    assert NOTE.kind is NoteKind.DEATH


def test_notes_of_files_without_kinds_are_kept():
    assert restore_notes(["a", "b"], ["death", "ratio"])[1].kind is NoteKind.RATIO
    (old,) = restore_notes(["a"], None)
    assert (old.text, old.kind) == ("a", NoteKind.UNKNOWN)


def test_notes_of_designs_fits_and_tables_say_their_kinds():
    cohort = als.load_example()
    fit = als.fit_lmm(als.linear_decline("il6", arm="arm", baseline="shared"), cohort)
    kinds = {note.kind for note in als.estimate(fit, als.difference("anakinra", "control", week=99)).attrs["notes"]}
    assert kinds == {
        NoteKind.SHARED_BASELINE,
        NoteKind.RAW_SCALE,
        NoteKind.AT_LIMIT,
        NoteKind.DEATH,
        NoteKind.EXTRAPOLATED,
    }
    assert all(isinstance(note, Note) for note in fit.summary().notes)


def test_a_table_with_notes_can_be_written(tmp_path):
    fit = als.fit_lmm(als.linear_decline("alsfrs_r", arm="arm"), als.load_example())
    table = als.estimate(fit, als.slope(arm="control"))
    table.to_parquet(tmp_path / "a.parquet")
    assert pd.read_parquet(tmp_path / "a.parquet").attrs["notes"] == table.attrs["notes"]


@pytest.mark.parametrize(
    ("formula", "column", "function", "base"),
    [
        ("alsfrs_r ~ week + (1 | subject)", "alsfrs_r", None, None),
        ("`log(il6)` ~ week + (1 | subject)", "log(il6)", None, None),
        ("`ALSFRS-R` ~ week + (1 | subject)", "ALSFRS-R", None, None),
        ("log2(`IL 6`) ~ week + (1 | subject)", "IL 6", "log2", 2.0),
        ("log10(il6) ~ week + (1 | subject)", "il6", "log10", 10.0),
        ("log(il6 + 1) ~ week + (1 | subject)", "il6", "log", None),
        ("sqrt(il6) ~ week + (1 | subject)", "il6", "sqrt", None),
        ("I(il6 / 10) ~ week + (1 | subject)", "il6", "I", None),
    ],
)
def test_a_specification_knows_what_its_response_is(formula, column, function, base):
    found = ModelSpec(formula).transform
    assert (found.column, found.function, found.base) == (column, function, base)
    assert found.is_raw == (function is None)


def test_units_print_with_that_of_the_response():
    raw, log = (ModelSpec(f"{name} ~ week + (1 | subject)") for name in ("il6", "log(il6)"))
    il6 = Outcome("il6", unit="pg/mL")
    assert PER_MONTH.describe(raw, il6) == "pg/mL per month"
    assert PER_MONTH.describe(raw, None) == "units of il6 per month"
    assert [RESPONSE.describe(one, il6) for one in (raw, log)] == ["pg/mL", "log(il6)"]
    assert [SHARE.describe(raw, il6), CORRELATION.describe(raw, il6)] == ["share", "correlation"]
    assert str(Unit(Measure.PERCENT, per="month")) == "per cent per month"


def test_a_preset_goes_by_the_column_and_not_by_its_spelling():
    frame = als.load_example().to_frame().rename(columns={"alsfrs_r": "ALSFRS-R"})
    design = als.build_design("`ALSFRS-R` ~ week + (week | subject)", frame)
    assert als.alsfrs_r_priors(design).fixed["week"].source == "HEALEY M-SAP 3.0"
    with pytest.raises(als.SpecError, match="not for 'log"):
        als.alsfrs_r_priors(als.build_design("log(`ALSFRS-R`) ~ week + (week | subject)", frame))
