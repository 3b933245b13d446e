"""Cohorts that come with the package: all synthetic, each beside the program that wrote it."""

from pathlib import Path
from typing import TYPE_CHECKING, Final

from alsmodels.data.outcomes import KNOWN_OUTCOMES, Outcome
from alsmodels.data.readers.tables import read_cohort
from alsmodels.data.roles import Roles
from alsmodels.errors import DataError, shown

if TYPE_CHECKING:
    from alsmodels.data.cohort import Cohort

__all__ = ["EXAMPLES", "load_example"]

EXAMPLES: Final = ("anakinra_like",)
"""The names that `load_example` knows."""

_ROLES = Roles(subject="id", time="week", arm="arm")
_OUTCOMES = (
    KNOWN_OUTCOMES["alsfrs_r"],
    Outcome("fibrinogen", label="Fibrinogen", unit="g/L", direction=None),
    Outcome("il6", label="IL-6", unit="pg/mL", scale="log", lloq=1.5, direction="lower is better"),
)


def load_example(name: str = "anakinra_like") -> "Cohort":
    """Read a cohort that comes with the package.

    ``anakinra_like`` is synthetic: 17 patients on anakinra and 47 historical controls over 52 weeks, with the
    ALSFRS-R, fibrinogen, IL-6 with values below its limit of quantification, deaths, withdrawals and
    antibodies. It is made on published numbers of ALS trials, with no effect of anakinra on the ALSFRS-R; no
    patient is in it.

    Parameters
    ----------
    name : str, default "anakinra_like"
        The name of the example, one of `EXAMPLES`.

    Returns
    -------
    Cohort
        The cohort, checked like any other.

    Raises
    ------
    DataError
        If there is no example of that name.

    Examples
    --------
    >>> cohort = load_example()
    >>> len(cohort.subjects)
    64
    """
    if name not in EXAMPLES:
        raise DataError(f"There is no example called {shown(name)}; the examples are: {', '.join(EXAMPLES)}.")
    folder = Path(__file__).parent
    return read_cohort(folder / f"{name}_visits.csv", _ROLES, outcomes=_OUTCOMES, events=folder / f"{name}_events.csv")
