"""Fitting a linear mixed model to data that never are in memory at once."""

from typing import Literal

from alsmodels.data.missing import MissingLike
from alsmodels.data.parts import open_parts, opened_runner
from alsmodels.errors import SpecError, shown
from alsmodels.frequentist.fit import Method, RegistryFit
from alsmodels.frequentist.lmm import check_method, fit_blocks, raise_failure
from alsmodels.model.compilation import compilation_notice
from alsmodels.model.progress import is_shown, progress_bar
from alsmodels.model.reading import read_registry
from alsmodels.model.spec import ModelSpec

__all__ = ["fit_parts"]


def fit_parts(
    model: ModelSpec | str,
    data: object,
    *,
    method: Method = "REML",
    weights: str | None = None,
    missing: MissingLike = (),
    scheduler: object = None,
    workers: int | None = None,
    progress: bool | None = None,
    on_failure: Literal["raise", "return"] = "raise",
) -> RegistryFit:
    """Fit a linear mixed model to data that are read in parts, in bounded memory.

    The answer is that of `fit_lmm` for the whole table, to rounding. The parts are read twice: once for the levels of
    arms and factors, and once to reduce each to the blocks of its subjects, which are what the likelihood takes from
    data. What stays in memory is some 50 numbers a subject, and the parts in flight.

    Parameters
    ----------
    model : ModelSpec or str
        A specification, or its formula.
    data : dask.dataframe.DataFrame, str or Path
        A dask DataFrame with a column, or an index, ``subject``; or the path of a Parquet file or folder, of which row
        groups are parts. The rows of a subject lie in one part, or in parts that follow each other.
    method : {"REML", "ML"}, default "REML"
        The criterion: restricted maximum likelihood, or full maximum likelihood for comparing fixed effects by
        likelihood.
    weights : str, optional
        The column of weights: a row's residual variance is ``sigma^2`` over its weight, as in lme4.
    missing : collection of str or float, or mapping of str to such a collection, default ()
        Words and numbers that stand for no value, such as ``["ND", -99]``, in every column of the model but those of
        subject, time and arm, or by column; their rows count among those left out. A column of texts of which nothing
        but numbers is left is one of numbers then.
    scheduler : str or distributed.Client, optional
        The scheduler of the parts. None reads one part after the other in this process; ``"threads"`` or
        ``"processes"`` are Dask's; else it is the address of a cluster, or a client. The answer has the same digits.
    workers : int, optional
        The number of parts in flight at once on a scheduler, by default 4. Each takes memory.
    progress : bool, optional
        Whether to show a progress bar over both readings; by default only in a terminal.
    on_failure : {"raise", "return"}, default "raise"
        The action if there is no answer: raise an error, or return the fit with a status that says what is wrong.

    Returns
    -------
    RegistryFit
        The fit. It answers `estimate` and has the tables of an `LMMFit`, random effects of the subjects too. It has no
        rows.

    Raises
    ------
    ReadError
        If there is no Parquet at the path, or it cannot be read.
    DataError
        If the data are neither a dask DataFrame nor a path.
    DesignError
        If the specification does not fit the data; a part is named by its number. Also if a term looks at a column as a
        whole, as ``poly`` does, or if the rows of a subject are scattered over parts.
    IdentificationError, ConvergenceError
        If `fit_lmm` would raise it for the whole table.
    SpecError
        If Dask is not installed, or no scheduler is there.

    Notes
    -----
    Each part is reduced in coordinates of its own, and the parts are joined by one QR factorisation of their stacked
    factors (`alsmodels.kernels.joining`), so digits are not lost by the parting.

    Examples
    --------
    >>> import dask.dataframe
    >>> from alsmodels.data.examples import load_example
    >>> frame = dask.dataframe.from_pandas(load_example().to_frame(), npartitions=3)
    >>> fit = fit_parts("alsfrs_r ~ week + (week | subject)", frame)
    >>> fit.status.kind.value, fit.design.n_parts
    ('converged', 3)
    """
    check_method(method)
    _check_scheduler(scheduler, workers)
    spec = model if isinstance(model, ModelSpec) else ModelSpec(model)
    parts = open_parts(data)
    in_flight = 1 if scheduler is None else workers or 4
    with (
        opened_runner(scheduler, in_flight) as run,
        progress_bar("Reading parts, twice", total=2 * parts.number, shown=is_shown(progress)) as advance,
    ):
        registry, blocks = read_registry(spec, parts, weights=weights, missing=missing, run=run, advance=advance)
    with compilation_notice("fit_parts"):
        fit = fit_blocks(RegistryFit, registry, blocks, method=method)
    if on_failure == "raise":
        raise_failure(fit)
    return fit


def _check_scheduler(scheduler: object, workers: object) -> None:
    if workers is None:
        return
    if isinstance(workers, bool) or not isinstance(workers, int) or workers < 1:
        raise SpecError(f"fit_parts: workers is a number of parts in flight, 1 or more; not {shown(workers)}.")
    if scheduler is None and workers != 1:
        raise SpecError("fit_parts: without a scheduler parts are read one by one; add scheduler='threads'.")
