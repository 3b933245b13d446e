"""The ``alsmodels`` command: a thin skin over the public verbs.

Whatever is heavy is imported inside the commands, so that ``alsmodels --help`` answers at once.
"""

import logging
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final, Literal, TextIO

from cyclopts import App, CycloptsError, Parameter, UnusedCliTokensError
from rich.console import Console
from rich.text import Text

from alsmodels import __version__
from alsmodels.commands.options import FitOptions, ModelOptions, TableOptions
from alsmodels.errors import AlsModelsError

if TYPE_CHECKING:
    from rich.console import RenderableType

__all__ = ["app", "main"]

REFUSED: Final = 2
INTERRUPTED: Final = 130
# Columns when nobody says how wide the paper is.
_WIDTH = 100

_EPILOGUE = """Examples:

alsmodels demo

alsmodels check trial.csv --subject id --time day --time-unit day --arm treatment

alsmodels fit trial.csv --outcome alsfrs_r --knot 24 --out results

alsmodels simulate realistic --seed 1 --out cohort.csv

alsmodels power anakinra_like --arms anakinra=17 control=47 --weeks 24

alsmodels study run STUDY.toml --workers 4

alsmodels compile

alsmodels fit trial.csv --formula "log(nfl) ~ arm * week + (week | subject)" --engine both
"""


def _shown_default(value: object) -> str | None:
    """An option that is off or empty by default says so by being optional."""
    return str(value) if value else None


app = App(
    name="alsmodels",
    help="Mixed-effects longitudinal models for ALS trials: how fast does an outcome change, and does a treatment "
    "change that, before and after a given week.",
    help_epilogue=_EPILOGUE,
    help_format="plaintext",
    version=__version__,
    default_parameter=Parameter(negative=(), show_default=_shown_default),
    suppress_keyboard_interrupt=False,
)

_Table = Annotated[TableOptions, Parameter(name="*", group="Table")]
_Model = Annotated[ModelOptions, Parameter(name="*", group="Model")]
_Fit = Annotated[FitOptions, Parameter(name="*", group="Fit")]

_TABLE, _MODEL, _FIT = TableOptions(), ModelOptions(), FitOptions()


@app.command
def check(file: Path, /, *, outcome: tuple[str, ...] = (), table: _Table = _TABLE) -> None:
    """Check a trial's table, and show what is in it.

    The exit status is 0 if the table may be used, warnings or not, and 2 if it breaks a rule.

    Parameters
    ----------
    file : Path
        A .csv, .parquet, .xlsx or Dataset-JSON file with one row a visit, or the folder of a saved cohort.
    outcome : tuple of str, default ()
        Column that is an outcome, besides those known by name; may be repeated.
    """
    from alsmodels.commands.session import check_file  # noqa: PLC0415 - --help must not load it

    _show(check_file(file, table, outcome))


@app.command
def fit(file: Path, /, *, model: _Model = _MODEL, table: _Table = _TABLE, how: _Fit = _FIT) -> None:
    """Fit a mixed model to a trial's table, and answer the standard questions.

    Parameters
    ----------
    file : Path
        A .csv, .parquet, .xlsx or Dataset-JSON file with one row a visit, or the folder of a saved cohort.
    """
    from alsmodels.commands.session import fit_file  # noqa: PLC0415 - --help must not load it

    _show(fit_file(file, table, model, how))


@app.command
def simulate(truth: str, /, *, seed: int, out: Path, arm: tuple[str, ...] = ()) -> None:
    """Simulate a cohort from a truth whose every number has its source, and write it.

    The events go to a file beside it with "_events" in its name, the truth to one with "_truth".

    Parameters
    ----------
    truth : str
        Ready truth: gaussian, realistic, anakinra_like, healey_like, registry or fast_progressors; or a JSON file.
    seed : int
        Seed of the random numbers; the same seed gives the same cohort.
    out : Path
        File for the visits, ending in .csv.
    arm : tuple of str, default ()
        Arm with its number of subjects, such as control=47, in place of those of the truth; may be repeated.
    """
    from alsmodels.commands.simulation import simulate_file  # noqa: PLC0415 - --help must not load it

    _show(simulate_file(truth, seed=seed, out=out, arms=arm))


@app.command
def power(
    truth: str,
    /,
    *,
    arms: Annotated[tuple[str, ...], Parameter(name=("--arms", "--arm"), consume_multiple=True)] = (),
    weeks: float | None = None,
    effect: float | None = None,
    controls: Literal["randomised", "historical"] | None = None,
    baseline: Literal["separate", "shared"] = "separate",
    level: float = 0.05,
    target: float = 0.8,
    replicates: int = 400,
    seed: int = 1,
    json: bool = False,
) -> None:
    """Say what a comparison of two arms can show before there are data: the design card.

    Parameters
    ----------
    truth : str
        Ready truth: gaussian, realistic, anakinra_like, healey_like or fast_progressors; or a JSON file.
    arms : sequence of str, default ()
        Two arms with their numbers of subjects, such as anakinra=17 control=47, in place of those of the truth.
    weeks : float or None
        Week of the last visit; by default the last of the truth.
    effect : float or None
        Points a month that treatment adds to the slope; by default the truth's, or the least seen at the target power.
    controls : {"randomised", "historical"} or None
        Whether the reference arm is of randomised or of historical controls; it has to be said.
    baseline : {"separate", "shared"}, default "separate"
        Separate means at baseline, or one shared by randomised arms.
    level : float, default 0.05
        Level of the two-sided test.
    target : float, default 0.8
        Power with which the minimum detectable effect is seen.
    replicates : int, default 400
        Simulated trials; 0 for formulas alone.
    seed : int, default 1
        Seed of the simulated trials.
    json : bool, default False
        Print the card as JSON.
    """
    from alsmodels.commands.power import view_card  # noqa: PLC0415 - --help must not load it

    asked = {"weeks": weeks, "effect": effect, "controls": controls, "baseline": baseline}
    numbers = {"level": level, "power": target, "n_replicates": replicates, "seed": seed}
    # The card has its own lines, and those of JSON may not be broken.
    _console().print(view_card(truth, arms=arms, as_json=json, **asked, **numbers), soft_wrap=True)


study = App(name="study", help="Run studies of methods on simulated trials.", help_format="plaintext")
app.command(study)


@study.command
def run(
    file: Path,
    /,
    *,
    out: Path | None = None,
    resume: bool = False,
    workers: int = 1,
    scheduler: str | None = None,
) -> None:
    """Run a study from its file; each finished piece is written at once.

    Parameters
    ----------
    file : Path
        A .toml or .json file with truths, designs, analyses, n_replicates and seed.
    out : Path or None
        Folder for the results. By default it is called as the file, without its ending.
    resume : bool, default False
        Go on with a study that was interrupted; what is finished is not done again.
    workers : int, default 1
        Processes on this machine.
    scheduler : str or None
        Address of a Dask cluster to run on instead, such as tcp://host:8786.
    """
    from alsmodels.commands.studies import run_file  # noqa: PLC0415 - --help must not load it

    _show(run_file(file, out=out, resume=resume, workers=workers, scheduler=scheduler))


@study.command(name="show")
def show_study(folder: Path, /) -> None:
    """Show what a study has found, finished or not.

    Parameters
    ----------
    folder : Path
        Folder that the study was written to.
    """
    from alsmodels.commands.studies import show_folder  # noqa: PLC0415 - --help must not load it

    _show(show_folder(folder))


@app.command
def demo(*, out: Path = Path("demo-output")) -> None:
    """Run the main job on the bundled synthetic cohort, and write tables and figures.

    Parameters
    ----------
    out : Path
        Folder for tables and figures.
    """
    from alsmodels.commands.session import show_demo  # noqa: PLC0415 - --help must not load it

    _show(show_demo(out))


@app.command(name="compile")
def compile_ahead() -> None:
    """Compile every kernel ahead, for the image of a container or for a classroom; it takes some minutes.

    Nothing needs it: a first fit is answered without, and what it used is compiled meanwhile.
    """
    from alsmodels.commands.session import compile_and_tell  # noqa: PLC0415 - --help must not load it

    _show(compile_and_tell())


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit status: 0, 2 where it refuses, 130 where it is interrupted.

    Parameters
    ----------
    arguments : sequence of str or None
        The words after ``alsmodels``; by default those of the process.
    """
    for stream in (sys.stdout, sys.stderr):
        _never_fail(stream)
    tokens = sys.argv[1:] if arguments is None else list(arguments)
    try:
        with _shown_log():
            app(tokens, console=_console(), exit_on_error=False, print_error=False, result_action="return_value")
    except UnusedCliTokensError as refusal:
        return _refuse(f"{refusal} An option that takes several is repeated for each: --missing ND --missing lost.")
    except (AlsModelsError, CycloptsError) as refusal:
        return _refuse(str(refusal))
    except OSError as failure:
        return _refuse(f"{failure.filename or 'A file'} cannot be used: {failure.strerror or failure}.")
    except KeyboardInterrupt:
        _complain("Interrupted.")
        return INTERRUPTED
    return 0


def _show(parts: "Iterator[RenderableType]") -> None:
    console = _console()
    for part in parts:
        console.print(part)


def _console(*, error: bool = False) -> Console:
    """A console as wide as the terminal, or as a page if there is none."""
    stream = sys.stderr if error else sys.stdout
    return Console(stderr=error, highlight=False, markup=False, width=None if stream.isatty() else _WIDTH)


def _refuse(sentence: str) -> int:
    _complain(sentence)
    return REFUSED


def _complain(sentence: str) -> None:
    _console(error=True).print(Text(_printable(sentence)), soft_wrap=True)


def _printable(text: str) -> str:
    return "".join(sign if sign.isprintable() or sign == "\n" else "\N{REPLACEMENT CHARACTER}" for sign in text)


class _SentenceHandler(logging.Handler):
    """Say what the package logs, once, on standard error."""

    def emit(self, record: logging.LogRecord) -> None:
        _complain(record.getMessage())


@contextmanager
def _shown_log() -> Iterator[None]:
    logger, handler = logging.getLogger("alsmodels"), _SentenceHandler()
    propagate = logger.propagate
    logger.addHandler(handler)
    logger.propagate = False
    try:
        yield
    finally:
        logger.removeHandler(handler)
        logger.propagate = propagate


def _never_fail(stream: TextIO) -> None:
    """A sign that the terminal's encoding lacks becomes a question mark, not an error."""
    reconfigure = getattr(stream, "reconfigure", None)
    if reconfigure is not None:
        reconfigure(errors="replace")
