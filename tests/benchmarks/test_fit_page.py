"""The page of the benchmark of fits: what its tables say of a few numbers made by hand."""

import json

import pytest


def cell(engine, median, *, subjects=64, **more):
    kept = {"threads": "1", "subjects": subjects, "rows": 800, "model": "slope", "way": "frame", "engine": engine}
    return kept | {"fits": 3, "median_s": median, "least_s": 0.9 * median} | more


@pytest.fixture
def record():
    answer = {"digits_fixed": 9.4, "digits_variances": 7.2}
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
    counts = {"visits": 14, "processors": 2, "machine": "x86_64"}
    return {"cells": cells, "versions": versions, "not_asked": [], **counts}


def rows_of(text):
    return [row for row in text.splitlines() if row.startswith("| slope")]


def test_ratios_come_with_our_own_time_first(record):
    from fit_page import ratio_tables

    rows = rows_of(ratio_tables(record))
    assert rows == ["| slope | 64 | 10 | 0.40 | 50 |", "| slope | 1,000 | 100 | 2 | – |", "| slope | 1,000 | – |"]


def test_answers_show_what_is_above_rounding(record):
    from fit_page import agreement_table, complaint_list

    assert rows_of(agreement_table(record))[0] == "| slope | 64 | 0 (9/7) | 0 (9/7) | 3e-01 (9/7) |"
    assert complaint_list(record) == "- `nlme` does not call 1 of 1 fits converged; of the first: code 1"


def test_what_is_left_out_has_its_reason(record):
    from fit_page import absence_list

    assert absence_list(record).splitlines() == [
        "- `mixedlm` was not installed.",
        "- `nlme`, random intercept and slope, 1,000 subjects: a fit would take 190 s or more, as foreseen from fewer.",
    ]


def test_page_says_what_was_timed(record):
    from fit_page import page_text

    page = page_text(record)
    assert page.endswith("## Versions\n\npython 3.11.\n")
    assert "`y ~ arm * week + (week | subject)`" in page


def test_page_is_made_of_the_numbers():
    from fit_page import PAGE, RESULT, page_text

    assert PAGE.exists() == RESULT.exists()
    if RESULT.exists():
        assert PAGE.read_text(encoding="utf-8") == page_text(json.loads(RESULT.read_text(encoding="utf-8")))
