"""The command line: what it shows, what it writes, and how it refuses."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pandas as pd
import pytest

import alsmodels as als
from alsmodels.cli import main
from alsmodels.data import examples

COMMAND = Path(sys.executable).with_name("alsmodels")
VISITS = Path(examples.__file__).parent / "anakinra_like_visits.csv"
EVENTS = Path(examples.__file__).parent / "anakinra_like_events.csv"

HOSTILE = [
    "__import__('os').system('touch hacked')",
    "alsfrs_r ~ __import__('os').system('touch hacked') + (1 | subject)",
    "alsfrs_r ~ week + (week | subject); import os",
    "alsfrs_r ~ week.__class__ + (1 | subject)",
    "alsfrs_r ~ eval('1') + (1 | subject)",
    "alsfrs_r ~ {open('hacked', 'w')} + (1 | subject)",
    "open('hacked', 'w').write('x') ~ week + (1 | subject)",
    "alsfrs_r ~ " + "(" * 5000 + "week",
    "",
]


@pytest.fixture(scope="module", autouse=True)
def _compiled():
    """Compile the kernels first, so that no run here has the notice of it on its standard error."""
    als.fit_lmm("alsfrs_r ~ week + (week | subject)", als.load_example())


def run(capsys, *words):
    status = main([str(word) for word in words])
    captured = capsys.readouterr()
    return status, captured.out, captured.err


def refused(capsys, *words):
    """The sentence of a refusal: on standard error, with status 2 and no traceback."""
    status, _, error = run(capsys, *words)
    assert status == 2
    assert error.strip()
    assert "Traceback" not in error
    return error


def one_line(text):
    return " ".join(text.split())


def test_help_starts_in_half_a_second():
    times = []
    for _ in range(5):
        start = time.perf_counter()
        subprocess.run([COMMAND, "--help"], check=True, stdout=subprocess.DEVNULL)
        times.append(time.perf_counter() - start)
    assert min(times) < 0.5


def test_help_loads_none_of_the_layers():
    program = (
        "import sys; from alsmodels.cli import main; main(['--help']); "
        "sys.exit(any(name in sys.modules for name in ('numpy', 'pandas', 'matplotlib', 'alsmodels.data')))"
    )
    done = subprocess.run([sys.executable, "-c", program], check=False, capture_output=True, text=True)
    assert done.returncode == 0
    for words in ("check", "fit", "demo", "alsmodels fit trial.csv --outcome alsfrs_r --knot 24 --out results"):
        assert words in done.stdout


def test_version(capsys):
    assert run(capsys, "--version")[:2] == (0, f"{als.__version__}\n")


def test_help_of_a_command_names_its_options(capsys):
    status, text, _ = run(capsys, "fit", "--help")
    assert status == 0
    for option in (
        "--outcome",
        "--knot",
        "--one-phase",
        "--random",
        "--engine",
        "--level",
        "--leave-out",
        "--out",
        "--spec",
    ):
        assert option in text


def test_check_shows_summary_flow_and_warnings(capsys):
    status, text, error = run(
        capsys, "check", VISITS, "--events", EVENTS, "--outcome", "fibrinogen", "--outcome", "il6"
    )
    assert (status, error) == (0, "")
    for words in (
        "Cohort of 64 subjects, 672 visits",
        "control 47",
        "fibrinogen",
        "Flow of the rows",
        "Warning, single-visit",
    ):
        assert words in text


def test_check_of_a_saved_cohort(capsys, tmp_path):
    als.load_example().save(tmp_path / "saved")
    assert "Cohort of 64 subjects" in run(capsys, "check", tmp_path / "saved")[1]
    assert "knows its columns" in refused(capsys, "check", tmp_path / "saved", "--subject", "id")


def test_check_of_days_and_parquet(capsys, tmp_path):
    frame = pd.read_csv(VISITS).assign(day=lambda table: table["week"] * 7).drop(columns="week")
    frame.rename(columns={"id": "who", "arm": "group"}).to_parquet(tmp_path / "days.parquet")
    roles = ("--subject", "who", "--time", "day", "--time-unit", "day", "--arm", "group", "--control", "anakinra")
    status, text, _ = run(capsys, "check", tmp_path / "days.parquet", *roles)
    assert status == 0
    assert "anakinra 17, control 47" in text


def test_check_of_sheets_of_a_workbook(capsys, tmp_path):
    path = tmp_path / "trial.xlsx"
    with pd.ExcelWriter(path) as book:
        pd.read_csv(VISITS).to_excel(book, sheet_name="visits", index=False)
        pd.read_csv(EVENTS).to_excel(book, sheet_name="events", index=False)
    sheets = ("--sheet", "visits", "--events", path, "--events-sheet", "events")
    status, text, _ = run(capsys, "check", path, *sheets)
    assert status == 0
    assert text == run(capsys, "check", VISITS, "--events", EVENTS)[1]
    assert "say which: sheet='visits'" in refused(capsys, "check", path)
    assert "give --events FILE" in refused(capsys, "check", path, "--sheet", "visits", "--events-sheet", "events")


def test_check_of_a_broken_table_tells_the_rule_and_the_rows(capsys, tmp_path):
    frame = pd.read_csv(VISITS)
    frame.loc[3, "alsfrs_r"] = 99
    frame.to_csv(tmp_path / "broken.csv", index=False)
    error = refused(capsys, "check", tmp_path / "broken.csv")
    assert "value-outside-bounds" in error
    assert "row 4" in error
    status, text, _ = run(capsys, "check", tmp_path / "broken.csv", "--leave-out", "value-outside-bounds")
    assert status == 0
    assert "left out: value-outside-bounds" in text


def test_a_logarithm_is_answered_in_ratios(capsys):
    status, text, error = run(capsys, "fit", VISITS, "--outcome", "log(fibrinogen)", "--scale", "ratio")
    assert (status, error) == (0, "")
    assert "per cent per month" in one_line(text)
    assert "ratio of geometric means, week 24" in one_line(text)
    status, _, error = run(capsys, "fit", VISITS, "--outcome", "alsfrs_r", "--scale", "ratio")
    assert status != 0
    assert "a model of log(alsfrs_r) has such answers" in one_line(error)


def test_fit_answers_the_standard_questions_and_writes_them(capsys, tmp_path):
    out = tmp_path / "out"
    status, text, error = run(capsys, "fit", VISITS, "--outcome", "alsfrs_r", "--engine", "both", "--out", out)
    assert (status, error) == (0, "")
    told = one_line(text)
    for words in (
        "alsfrs_r ~ arm + phase(week, 24) + arm:phase(week, 24) + (phase(week, 24) | subject)",
        "Status: converged",
        "slope, phase 1, control -0.956 0.115 59.5",
        "statsmodels agrees with alsmodels",
        f"Written to {out}",
    ):
        assert words in told
    assert {"estimates.csv", "estimates.json", "trajectories.png", "estimates.png", "spec.json"} <= set(os.listdir(out))
    again = run(capsys, "fit", VISITS, "--spec", out / "spec.json")
    assert again[0] == 0
    assert "-0.956" in again[1]


@pytest.mark.parametrize(
    ("options", "formula"),
    [
        (["--outcome", "fibrinogen", "--knot", "12"], "(phase(week, 12) | subject)"),
        (["--outcome", "log(il6)", "--one-phase"], "log(il6) ~ arm + week + arm:week + (week | subject)"),
        (["--outcome", "alsfrs_r", "--one-phase", "--random", "intercept"], "arm:week + (1 | subject)"),
        (["--outcome", "alsfrs_r", "--one-phase", "--random", "independent"], "(week || subject)"),
        (["--outcome", "alsfrs_r", "--no-arm", "--random", "slope"], "alsfrs_r ~ phase(week, 24) + (week | subject)"),
        (["--outcome", "alsfrs_r", "--baseline", "shared"], "alsfrs_r ~ phase(week, 24) + phase(week, 24):arm +"),
        (["--outcome", "alsfrs_r", "--one-phase", "--covariate", "age", "--covariate", "sex"], "+ age + sex +"),
        (
            ["--formula", "alsfrs_r ~ arm + week + (1 | subject)", "--method", "ML"],
            "alsfrs_r ~ arm + week + (1 | subject)",
        ),
    ],
)
def test_fit_writes_the_formula_that_was_asked_for(capsys, options, formula):
    status, text, error = run(capsys, "fit", VISITS, *options)
    assert (status, error) == (0, "")
    assert formula in one_line(text)


def test_fit_answers_only_what_the_model_estimates(capsys):
    text = one_line(run(capsys, "fit", VISITS, "--formula", "alsfrs_r ~ arm + week + (week | subject)")[1])
    assert "slope, control" in text
    assert "phase 1" not in text
    assert "slope difference" not in text
    text = one_line(run(capsys, "fit", VISITS, "--formula", "alsfrs_r ~ arm + (1 | subject)")[1])
    assert "The model has no time in it" in text


def test_fit_shows_the_warnings_of_the_checks(capsys):
    text = one_line(run(capsys, "fit", VISITS, "--outcome", "alsfrs_r")[1])
    assert "Warning, single-visit: 3 rows: the only visit of the subject." in text


def test_fit_does_not_ask_of_a_slowing_of_what_is_not_known_to_decline(capsys):
    text = one_line(run(capsys, "fit", VISITS, "--outcome", "fibrinogen")[1])
    assert "Slowing is left out: fibrinogen is not known to decline by nature" in text
    assert "slowing, " not in text
    assert "Status: on the boundary" in text


def test_demo_says_that_it_is_synthetic_and_writes_everything(capsys, tmp_path):
    status, text, error = run(capsys, "demo", "--out", tmp_path)
    assert (status, error) == (0, "")
    told = one_line(text)
    for words in (
        "This cohort is synthetic",
        "No patient is in it",
        "statsmodels agrees with alsmodels",
        "on the boundary",
    ):
        assert words in told
    for name in ("alsfrs_r", "fibrinogen"):
        assert (tmp_path / name / "trajectories.png").exists()
    assert max(map(len, text.splitlines())) <= 100


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["check", "nothing.csv"], "nothing.csv is not there"),
        (["check", VISITS, "--subject", "who"], "there is no column 'who'"),
        (["check", VISITS, "--control", "placebo"], "control='placebo' is not an arm"),
        (["check", VISITS, "--events", "nothing.csv"], "nothing.csv is not there"),
        (["check", VISITS, "--leave-out", "ugly"], "There is no rule 'ugly'"),
        (["check", VISITS, "--time-unit", "year"], 'Invalid value "year" for --time-unit'),
        (["check"], "requires an argument"),
        (["check", VISITS, "--nonsense"], "Unknown option: --nonsense"),
        (["nonsense"], 'Unknown command "nonsense"'),
        (["fit", VISITS], "Say what to model"),
        (["fit", VISITS, "--outcome", "nothing"], "there is no column 'nothing'"),
        (["fit", VISITS, "--outcome", "sex"], "value-not-numeric"),
        (["fit", VISITS, "--outcome", "alsfrs_r", "--knot", "90"], "The knot, week 90, is at or after the last visit"),
        (["fit", VISITS, "--outcome", "alsfrs_r", "--knot=-3"], "not -3"),
        (["fit", VISITS, "--outcome", "alsfrs_r", "--knot", "soon"], 'unable to convert "soon"'),
        (["fit", VISITS, "--outcome", "alsfrs_r", "--knot", "24", "--one-phase"], "--one-phase has no knot"),
        (["fit", VISITS, "--outcome", "alsfrs_r", "--level", "2"], "between 0 and 1, not 2"),
        (["fit", VISITS, "--outcome", "alsfrs_r", "--out", VISITS], "is a file; give --out a folder"),
        (["fit", VISITS, "--outcome", "alsfrs_r", "--covariate", "agee"], "did you mean 'age'"),
        (["fit", VISITS, "--outcome", "alsfrs_r", "--formula", "y ~ x"], "--formula states the whole model"),
        (["fit", VISITS, "--spec", "nothing.json"], "nothing.json cannot be read"),
        (["fit", VISITS, "--spec", VISITS], "The specification is not JSON"),
        (["demo", "--out", VISITS], "is a file; give --out a folder"),
    ],
)
def test_a_refusal_is_a_sentence_with_status_2(capsys, words, sentence):
    assert sentence in one_line(refused(capsys, *words))


def test_a_missing_default_column_is_asked_for(capsys, tmp_path):
    pd.read_csv(VISITS).rename(columns={"id": "who", "week": "t"}).to_csv(tmp_path / "t.csv", index=False)
    assert "no column 'subject' or 'id'; give --subject NAME. Its columns are who, t" in one_line(
        refused(capsys, "check", tmp_path / "t.csv")
    )
    assert "give --time NAME" in refused(capsys, "check", tmp_path / "t.csv", "--subject", "who")


@pytest.mark.parametrize("formula", HOSTILE)
def test_hostile_formulas_are_refused_and_never_run(capsys, tmp_path, monkeypatch, formula):
    monkeypatch.chdir(tmp_path)
    refused(capsys, "fit", VISITS, "--formula", formula)
    refused(capsys, "fit", VISITS, "--outcome", formula)
    Path("spec.json").write_text(als.ModelSpec("y ~ (1 | subject)").to_json().replace("y ~ (1 | subject)", formula))
    refused(capsys, "fit", VISITS, "--spec", "spec.json")
    assert os.listdir(tmp_path) == ["spec.json"]


def test_a_refusal_cannot_steer_the_terminal(capsys, tmp_path):
    error = refused(capsys, "check", tmp_path / "red\x1b[31m.csv")
    assert "\x1b" not in error


def test_a_folder_that_cannot_be_written_is_a_sentence(capsys, monkeypatch, tmp_path):
    def fail(*_args, **_kwargs):
        raise PermissionError(13, "Permission denied", "locked")

    monkeypatch.setattr(Path, "mkdir", fail)
    error = refused(capsys, "fit", VISITS, "--outcome", "alsfrs_r", "--out", tmp_path / "locked")
    assert error == f"{tmp_path / 'locked'} cannot be written: Permission denied.\n"


def test_an_interruption_has_status_130(capsys, monkeypatch):
    def interrupt(*_args, **_kwargs):
        raise KeyboardInterrupt

    monkeypatch.setattr("alsmodels.commands.session.check_file", interrupt)
    status, _, error = run(capsys, "check", VISITS)
    assert (status, error) == (130, "Interrupted.\n")


def test_the_log_is_told_once_on_standard_error(capsys, monkeypatch):
    import logging

    def warn(*_args, **_kwargs):
        logging.getLogger("alsmodels").warning("Compiling the numerical kernels.")
        yield "done"

    monkeypatch.setattr("alsmodels.commands.session.check_file", warn)
    assert run(capsys, "check", VISITS) == (0, "done\n", "Compiling the numerical kernels.\n")
    assert logging.getLogger("alsmodels").handlers == []


def test_the_process_ends_as_main_says(tmp_path):
    done = subprocess.run([COMMAND, "check", "nothing.csv"], cwd=tmp_path, check=False, capture_output=True, text=True)
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr == (
        "nothing.csv is not there; give a .csv, .parquet, .xlsx, .json or .ndjson file, "
        "or the folder of a saved cohort.\n"
    )


def test_a_terminal_without_unicode_is_served(tmp_path):
    environment = os.environ | {"PYTHONIOENCODING": "ascii"}
    words = [COMMAND, "fit", VISITS, "--formula", "alsfrs_r ~ week + (1 | subject)", "--engine", "statsmodels"]
    done = subprocess.run(words, cwd=tmp_path, env=environment, check=False, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")


def european(folder):
    rows = ["Patient;Datum;Einschluss;Gruppe;alsfrs_r;NfL [pg/mL]"]
    for number in range(12):
        group = ("Verum", "Plazebo")[number % 2]
        for month in range(1, 6):
            total, nfl = 40 - number / 4 - month, "ND" if (number, month) == (3, 2) else f"{50 + 7 * month + number}.5"
            cells = (f"Käthe {number}", f"03/{month + number % 3:02d}/2021", "01/01/2021", group, f"{total}", nfl)
            rows.append(";".join(cells).replace(".", ","))
    (folder / "klinik.csv").write_bytes("\r\n".join([*rows, ""]).encode("cp1252"))
    return folder / "klinik.csv"


COLUMNS = ["--subject", "Patient", "--time", "Datum", "--arm", "Gruppe", "--control", "Plazebo"]
DATES = ["--time-unit", "date", "--baseline-date", "Einschluss", "--date-format", "dmy"]
SAID = ["--decimal", ",", "--delimiter", ";", "--encoding", "cp1252"]


def test_a_european_table_with_dates_is_checked_and_fitted(capsys, tmp_path):
    file = european(tmp_path)
    status, out, err = run(capsys, "check", file, *COLUMNS, *DATES, "--missing", "ND", "--outcome", "NfL [pg/mL]")
    assert (status, err) == (0, "")
    assert "12 subjects, 60 visits" in out
    for words in ("read as cp1252", "with decimal commas", "weeks are counted from the date in 'Einschluss'", "'ND'"):
        assert words in " ".join(out.split())
    model = ["--outcome", "NfL [pg/mL]", "--one-phase", "--random", "intercept"]
    status, out, err = run(capsys, "fit", file, *COLUMNS, *DATES, *SAID, "--missing", "ND", *model)
    assert (status, err) == (0, "")
    assert "59 rows of 12 subjects" in " ".join(out.split())
    assert "read as" not in out


def test_what_can_be_read_in_two_ways_is_asked_for_in_the_shell(capsys, tmp_path):
    file = european(tmp_path)
    status, _, err = run(capsys, "check", file, *COLUMNS, "--time-unit", "date", "--missing", "ND")
    assert status == 2
    assert "day 3 of month 1 or day 1 of month 3" in err
    status, _, err = run(capsys, "check", file, *COLUMNS, *DATES, "--delimiter", "tab")
    assert status == 2
    status, _, err = run(capsys, "check", file, *COLUMNS, *DATES, "--encoding", "utf-8")
    assert status == 2
    assert "is not text in utf-8" in err
