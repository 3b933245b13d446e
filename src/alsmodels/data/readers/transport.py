"""SAS transport files, versions 5 and 8, refused where they are cut short.

The format is made of records of 80 bytes, the last filled up with blanks. Version 8 says how many observations there
are, version 5 does not: one that is cut where a record and an observation end together cannot be told from a whole one,
and one that ends with its header may be a table without observations or have lost them all, so it is refused.
"""

import re
from pathlib import Path

import pandas as pd

from alsmodels.errors import ReadError

__all__ = ["read_xpt"]

_RECORD = 80
_MEMBER = re.compile(rb"HEADER RECORD\*{7}MEMB(?:ER |V8 ) HEADER RECORD!{7}")
_OBSERVATIONS = re.compile(rb"HEADER RECORD\*{7}OBS(?:   |V8 ) {2}HEADER RECORD!{7}\s*(?P<count>\d*)")


def read_xpt(path: Path) -> pd.DataFrame:
    """Read a SAS transport file of one table.

    Raises
    ------
    ReadError
        If it is none, is cut short or may have lost all its observations, or holds several tables.
    """
    # SAS files are rare among users; the reader is loaded only for them.
    import pyreadstat  # noqa: PLC0415 - only .xpt files need it

    try:
        content = path.read_bytes()
        frame, meta = pyreadstat.read_xport(str(path), disable_datetime_conversion=True)
    except OSError as reason:
        raise ReadError(f"{path} cannot be opened: {reason.strerror}.") from reason
    except UnicodeDecodeError as reason:
        raise ReadError(f"{path} cannot be read as a SAS transport file: it holds text that is not UTF-8.") from reason
    except (pyreadstat.ReadstatError, pyreadstat.PyreadstatError, ValueError) as reason:
        why = f"it may be cut short, damaged or of another kind ({reason})"
        raise ReadError(f"{path} cannot be read as a SAS transport file; {why}.") from reason
    _check_whole(content, sum(meta.variable_storage_width.values()), len(frame), path)
    table: pd.DataFrame = frame
    return table


def _check_whole(content: bytes, width: int, rows: int, path: Path) -> None:
    """Refuse a file of which a part is missing, or more than the first table is there."""
    if len(_MEMBER.findall(content)) > 1:
        raise ReadError(f"{path} holds several tables; write each to a file of its own.")
    header = _OBSERVATIONS.search(content)
    data = b"" if header is None else content[header.start() + _RECORD :]
    rest = data[rows * width :]
    is_counted = header is not None and b"OBSV8" in header[0]
    said = int(header["count"] or 0) if header is not None and is_counted else 0
    if len(content) % _RECORD or rest.strip(b" ") or len(rest) >= _RECORD or (said and said != rows):
        raise ReadError(f"{path} is cut short or damaged: its last record is not whole. Transfer it again, as binary.")
    if not rows and not is_counted:
        raise ReadError(
            f"{path} ends with its header: there are no observations, and it may have been cut there. Transfer it "
            "again, as binary; if the table has none, take the file out of the folder."
        )
