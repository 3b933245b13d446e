"""Why a figure of a study is missing, in words: no true value, no replicate that ran, none that was answered."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from alsmodels.errors import AlsModelsError
from alsmodels.inference.questions import read_question
from alsmodels.inference.targets import why_unknown
from alsmodels.model.spec import ModelSpec
from alsmodels.simulation.designs import TrialDesign
from alsmodels.simulation.results import NOT_RUN, STATUSES
from alsmodels.simulation.truth import Truth

__all__ = ["why_missing"]


def why_missing(
    found: xr.Dataset, record: Mapping[str, Any], answered: NDArray[np.bool_], place: tuple[int, int, int]
) -> str:
    """Why figures of a cell and estimand are NaN; empty where none is.

    Parameters
    ----------
    found : xarray.Dataset
        The dataset of an analysis.
    record : mapping of str to object
        The study, as `StudyResults` keeps it.
    answered : ndarray of bool
        Which replicates have a reliable answer, shape (replicates,).
    place : tuple of (int, int, int)
        Numbers of the truth, the design and the estimand.
    """
    said = []
    if np.isnan(found["target"].to_numpy()[place]):
        said.append(f"No bias or coverage: {_why_no_target(found, record, place)}")
    said += _why_no_answers(found["status"].to_numpy()[place[:2]], answered)
    return " ".join(said)


def _why_no_target(found: xr.Dataset, record: Mapping[str, Any], place: tuple[int, int, int]) -> str:
    truth, design, at = place
    own: Mapping[str, Any] = next(
        (one for one in record.get("analyses", ()) if one.get("name") == found.attrs["analysis"]), {}
    )
    if "formula" not in own or "asked" not in own:
        return "the analysis gives no true value."
    try:
        seen = TrialDesign.from_dict(record["designs"][design]).apply(Truth.from_dict(record["truths"][truth]))
        question = read_question(own["asked"][at], where="asked")
        return why_unknown(question, seen, ModelSpec(own["formula"])) or "the analysis gives no true value."
    except AlsModelsError as reason:
        return f"the study cannot be read back ({reason})."


def _why_no_answers(status: NDArray[np.int8], answered: NDArray[np.bool_]) -> list[str]:
    ran, n = int((status != NOT_RUN).sum()), int(answered.sum())
    if not ran:
        return ["No figures: no replicate has run yet."]
    if not n:
        codes, counts = np.unique(status[status != NOT_RUN], return_counts=True)
        told = ", ".join(f"{count} {STATUSES[code]}" for code, count in zip(codes, counts, strict=True))
        return [f"No figures but power: no replicate has a reliable answer ({told})."]
    return ["No errors: one replicate has an answer, and one has no spread."] if n == 1 else []
