"""What a reader of the results has to know about the model and the data."""

from alsmodels.data.cohort import Cohort
from alsmodels.model.formula import spell_name
from alsmodels.model.limits import Limits
from alsmodels.model.spec import ModelSpec

__all__ = ["restate_limits", "take_notes"]

AT_LIMIT = "are taken at the limit, which biases means and slopes."


def take_notes(spec: ModelSpec, cohort: Cohort | None, *, n_rows: int) -> tuple[str, ...]:
    """Sentences on a shared baseline, suspect times and scales, a forgotten logarithm, values at a limit, and death.

    Parameters
    ----------
    spec : the model
    cohort : what it is fitted to; None for a bare table, of which less is known
    n_rows : rows of the design
    """
    found = _on_baseline(spec)
    if cohort is not None:
        found += _on_suspicions(spec, cohort) + _on_scale(spec, cohort)
        found += _on_censoring(spec.columns[0], cohort, n_rows) + _on_death(cohort)
    return tuple(found)


def restate_limits(notes: tuple[str, ...], limits: Limits) -> tuple[str, ...]:
    """The notes of a fit whose likelihood knows of limits: what is said is how many values are taken as beyond one."""
    kept = tuple(note for note in notes if not note.endswith(AT_LIMIT))
    return (*kept, f"The likelihood takes values at a limit as beyond it: {limits.describe()}.")


def _on_baseline(spec: ModelSpec) -> list[str]:
    products = spec.parsed.fixed.products
    if ("arm",) in products or not any("arm" in product for product in products):
        return []
    return [
        "The arms share one mean at baseline. That is right for randomised arms alone; against historical controls "
        "give each arm its own (baseline='separate')."
    ]


def _on_suspicions(spec: ModelSpec, cohort: Cohort) -> list[str]:
    """A wrong unit of time, or another scale, makes every rate wrong, so the suspicion stays with the results."""
    suspect = [
        finding
        for finding in cohort.findings
        if finding.rule in {"time-in-days", "decline-steep"}
        or (finding.rule == "scale-doubtful" and finding.column == spec.columns[0])
    ]
    return [f"In the data, {finding.message} {finding.remedy}" for finding in suspect]


def _on_scale(spec: ModelSpec, cohort: Cohort) -> list[str]:
    outcome = cohort.outcomes.get(spec.columns[0])
    if outcome is None or outcome.scale != "log" or spec.response != spell_name(outcome.name):
        return []
    return [f"{outcome.name} is declared on the log scale but modelled as it is; log({spec.response}) may be meant."]


def _on_censoring(name: str, cohort: Cohort, n_rows: int) -> list[str]:
    visits, marks = cohort.visits, f"{name}_censored"
    if marks not in visits.columns:
        return []
    censored = int((visits.loc[visits[name].notna(), marks] != "none").sum())
    if not censored:
        return []
    return [f"{censored} of {n_rows} values of {name} are beyond a limit of quantification and {AT_LIMIT}"]


def _on_death(cohort: Cohort) -> list[str]:
    deaths = int((cohort.events["event"] == "death").sum())
    if not deaths:
        return []
    return [
        f"{deaths} {'subject' if deaths == 1 else 'subjects'} died. The mixed model speaks of the hypothetical "
        "trajectory had no one died, and takes what is missing as missing at random (ICH E9(R1))."
    ]
