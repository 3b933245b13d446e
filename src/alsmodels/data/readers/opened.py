"""What opening a file gives."""

from dataclasses import dataclass
from typing import final

import pandas as pd

from alsmodels.data.findings import Finding

__all__ = ["Opened"]


@final
@dataclass(frozen=True, slots=True, eq=False)
class Opened:
    """A table that was read from a file, and what has to be said of how it was read."""

    frame: pd.DataFrame
    findings: tuple[Finding, ...] = ()
