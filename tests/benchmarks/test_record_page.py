"""The page of the benchmark of record: its parts, from a few numbers made by hand, and whether it is of those kept."""

import pytest

MACHINE = {"processor": "Some Processor (family 6)", "cores": 2, "memory_gb": 8.0, "system": "Linux on x86_64"}
RUN = {"began": "2026-01-02T03:04:05+00:00", "machine": MACHINE}


def held(engine, subjects, added, *, way="frame"):
    shown = {"before_mb": 100.0, "peak_mb": 100.0 + added, "added_mb": added, "fit_s": 0.1}
    return {"engine": engine, "subjects": subjects, "rows": 9, "way": way} | shown


@pytest.fixture
def memory():
    slow = {"engine": "nlme", "subjects": 1000, "rows": 9, "way": "frame"}
    rows = [held("alsmodels", 64, 0.2), held("nlme", 64, 0.0), held("gpboost", 64, 2.0, way="arrays")]
    rows += [held("alsmodels", 1000, 6.0), slow | {"left_out": "would take too long", "foreseen_s": 61.2}]
    rows += [held("gpboost", 1000, 18.0, way="arrays")]
    read = {"engine": "alsmodels", "route": "cohort", "file": "csv", "subjects": 1000, "import_mb": 90.0}
    read |= {"peak_mb": 120.4, "read_s": 0.5, "fit_s": 0.25}
    return {"run": RUN, "versions": {"python": "3.11"}, "model": "phases", "held": rows, "read": [read]}


@pytest.fixture
def many():
    judged = {"lowest": 0.0, "beside": 0, "without": 0}
    engines = [
        {"engine": "fit_many, from a table", "trials": 500, "ms": 0.2, "highest": 0.0, **judged},
        {"engine": "statsmodels, one by one", "trials": 37, "ms": 400.0, "highest": 425.4, **judged | {"beside": 3}},
        {"engine": "gpboost, one by one", "trials": 500, "ms": 20.0},
        {"engine": "alsmodels, one by one", "trials": 500, "ms": 0.5, "highest": 9e-13, **judged},
    ]
    posteriors = {"trials": 60, "draws": 2000, "ms": 107.0}
    return {"run": RUN, "versions": {"python": "3.11"}, "trials": 500, "engines": engines, "posteriors": posteriors}


def sampled(engine, cache, fit_s, *, compile_s=None, ess=400.0):
    row = {"engine": engine, "cache": cache, "min_ess": ess, "fit_s": fit_s, "ess_per_s": ess / fit_s}
    row |= {"ess_per_s_with_import": ess / (fit_s + 2.0)}
    return (
        row if compile_s is None else row | {"compile_s": compile_s, "ess_per_s_of_sampling": ess / (fit_s - compile_s)}
    )


@pytest.fixture
def posterior():
    engines = [
        sampled("alsmodels, nuts", "cold", 30.0),
        sampled("alsmodels, nuts", "warm", 1.0),
        sampled("PyMC", "cold", 50.0, compile_s=40.0),
        sampled("PyMC", "warm", 20.0, compile_s=12.0),
        sampled("brms", "none", 100.0, compile_s=60.0) | {"brms": "2.18.0"},
        {"engine": "rstanarm", "said": "not installed"},
    ]
    shape = {"subjects": 64, "rows": 896, "formula": "y ~ 1", "chains": 4, "draws_per_chain": 1000}
    agreed = [{"engine": "brms", "most": 2.66, "of": "arm", "mean_square": 1.3}]
    return {"run": RUN, "versions": {"pymc": "5"}, "reference": "PyMC", "engines": engines, "agreement": agreed} | shape


def body(table):
    return table.splitlines()[2:]


def test_memory_has_ratios_where_ours_can_be_measured(memory):
    from memory_page import absence_list, held_table, held_text, ratio_table

    assert body(ratio_table(memory)) == ["| 64 | 0.2 | – |", "| 1,000 | 6.0 | 3 |"]
    assert body(held_table(memory)) == [
        "| 64 | 0.2 (100) | 0.0 (100) | 2 (100) |",
        "| 1,000 | 6 (100) | – | 18 (100) |",
    ]
    assert "(gpboost: from arrays)" in held_text(memory)
    assert absence_list(memory) == "- `nlme`, memory, 1,000 subjects: a fit would take 61 s."


def test_many_trials_are_over_those_of_fit_many(many):
    from many_page import head_text, ratio_table, ratio_text, time_table

    assert body(ratio_table(many)) == [
        "| alsmodels, one by one | 2.5 |",
        "| gpboost, one by one | 100 |",
        "| statsmodels, one by one (37) | 2,000 |",
    ]
    assert body(time_table(many))[1:3] == [
        "| statsmodels, one by one | 37 | 400 | 4e+02 | 3 |",
        "| gpboost, one by one | 500 | 20 | not judged | not judged |",
    ]
    assert "which took 0.2 ms" in ratio_text(many)
    assert "2,000 draws took\n107 ms" in head_text(many)


def test_posteriors_are_over_the_reference_with_the_same_caches(posterior):
    from posterior_page import absence_list, head_text, ratio_table, time_table

    assert body(ratio_table(posterior)) == [
        "| alsmodels, nuts | 20 | 1.67 | 7.3 |",
        "| PyMC | 1.00 | 1.00 | 1.00 |",
        "| brms | 0.20 | 0.50 | 0.22 |",
    ]
    assert body(time_table(posterior)) == [
        "| alsmodels, nuts | 400 | – | 1 | 400 | 400 | 30 | 13 |",
        "| PyMC | 400 | 12 | 8 | 50 | 20 | 50 | 8 |",
        "| brms | 400 | 60 | 40 | 10 | 4 | 100 | 4 |",
    ]
    assert absence_list(posterior) == "- `rstanarm`, posterior: not installed."
    assert "- `rstanarm` has its own prior" in head_text(posterior)
    assert "bambi" not in head_text(posterior)


def test_page_has_ratios_first_and_names_the_machine(memory, many, posterior):
    from record_page import page_text

    page = page_text({"memory": memory, "many": many, "posterior": posterior})
    heads = [line for line in page.splitlines() if line.startswith("#")]
    assert heads[:5] == ["# Benchmarks", "## Ratios", "### Many trials", "### Posteriors", "### Memory of one fit"]
    assert "All parts: run of 2026-01-02T03:04:05+00:00, on Some Processor (family 6), 2 cores, 8.0 GB, Linux" in page
    assert page.endswith("## Versions\n\npython 3.11, pymc 5, brms 2.18.0.\n")


def test_parts_of_two_runs_are_told_apart(memory, many):
    from record_page import run_text

    later = many | {"run": RUN | {"began": "2026-02-02T00:00:00+00:00"}}
    assert [line.partition(",")[0] for line in run_text({"memory": memory, "many": later}).splitlines()] == [
        "The part memory: run of 2026-01-02T03:04:05+00:00",
        "The part many: run of 2026-02-02T00:00:00+00:00",
    ]


def test_page_is_made_of_the_numbers():
    from record_page import PAGE, page_text, read_parts

    assert PAGE.read_text(encoding="utf-8") == page_text(read_parts())


def test_figures_are_drawn_of_what_was_measured(memory):
    from fit_figure import draw_memory

    figure = draw_memory(memory)
    (ax,) = figure.axes
    assert {text.get_text() for text in ax.texts if text.get_text()} == {"alsmodels", "nlme"}
    assert min(line.get_ydata().min() for line in ax.lines) == 0.1


def test_parts_are_asked_for_what_the_run_is(monkeypatch):
    import record

    monkeypatch.setattr("sys.argv", ["record.py", "--parts", "fits", "posterior", "--seconds", "1", "--no-r"])
    asked = record.commands(record.read_options())
    assert list(asked) == ["fits", "posterior"]
    assert asked["fits"][:3] == ["fit_times.py", "--subjects", "64"]
    assert all(words[-1] == "--no-r" for words in asked.values())


def test_machine_is_named_by_its_parts():
    import platform

    from machine import describe_machine

    found = describe_machine()
    assert found["processor"]
    assert found["memory_gb"] > 0.1
    assert platform.node() not in str(found) or not platform.node()
