"""The page of the benchmark of fits: what its tables say of a few numbers made by hand."""

import pytest


def cell(engine, median, *, subjects=64, **more):
    kept = {"threads": "1", "subjects": subjects, "rows": 800, "model": "slope", "way": "frame", "engine": engine}
    return kept | {"fits": 3, "median_s": median, "least_s": 0.9 * median} | more


@pytest.fixture
def record():
    answer = {"digits": {"fixed": 9.4, "variances": 7.2, "std_errors": 7.6}}
    slow = cell("nlme", 1.0, subjects=1000)
    slow = {key: slow[key] for key in slow if not key.endswith("_s")}
    cells = [
        cell("alsmodels", 0.010, ratio=1.0, above=0.0, said="converged", **answer),
        cell("mixedlm-rs", 0.004, ratio=0.4, above=2e-8, said="converged", **answer),
        cell("nlme", 0.5, ratio=50.0, above=0.3, said="code 1", **answer),
        cell("alsmodels", 0.1, subjects=1000, ratio=1.0, above=0.0, said="converged", **answer),
        cell("mixedlm-rs", 0.2, subjects=1000, ratio=2.0, above=0.0, said="converged", **answer),
        slow | {"left_out": "would take too long", "foreseen_s": 200.4},
        slow | {"way": "numbers", "left_out": "would take too long", "foreseen_s": 190.0},
        slow | {"engine": "mixedlm", "left_out": "not installed"},
    ]
    versions = {"python": "3.11", "mixedlm": "not installed"}
    return {"cells": cells, "versions": versions, "not_asked": [], "visits": 14, "rounds": 3}


def rows_of(text):
    return [row for row in text.splitlines() if row.startswith("| slope")]


def test_ratios_come_with_our_own_time_first(record):
    from fit_page import ratio_tables

    rows = rows_of(ratio_tables(record))
    assert rows == ["| slope | 64 | 10 | 0.40 | 50 |", "| slope | 1,000 | 100 | 2 | – |", "| slope | 1,000 | – |"]


def test_answers_show_what_is_above_rounding(record):
    from fit_page import agreement_table, complaint_list

    assert rows_of(agreement_table(record))[0] == "| slope | 64 | 0 (9/7/8) | 0 (9/7/8) | 3e-01 (9/7/8) |"
    assert complaint_list(record) == "- `nlme` does not call 1 of 1 fits converged; of the first: code 1"


def test_what_is_left_out_has_its_reason(record):
    from fit_page import absence_list

    assert absence_list(record).splitlines() == [
        "- `mixedlm` was not installed.",
        "- `nlme`, random intercept and slope, 1,000 subjects: a fit would take 190 s or more, as foreseen from fewer.",
    ]


def test_text_says_what_was_fitted(record):
    from fit_page import data_text, notes_text

    assert "`y ~ arm * week + (week | subject)`" in data_text(record)
    assert notes_text(record | {"instead": {"gpboost": "fits less."}}).endswith("\n- `gpboost` fits less.\n")
