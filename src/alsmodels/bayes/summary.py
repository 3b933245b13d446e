"""What a posterior says of itself, in a terminal and in a notebook."""

import html
import textwrap
from dataclasses import dataclass
from typing import TYPE_CHECKING, final

import pandas as pd

from alsmodels.model.notes import Note, name_reference
from alsmodels.model.units import fixed_heading

if TYPE_CHECKING:
    from alsmodels.bayes.posterior import PosteriorFit

__all__ = ["PosteriorSummary", "summarise"]


@final
@dataclass(frozen=True, slots=True, eq=False, repr=False)
class PosteriorSummary:
    """The parts of a printed posterior.

    Attributes
    ----------
    title : str
        The title, which says how the posterior was sampled.
    facts : tuple of str
        Lines on model and data.
    heading : str
        The heading of the fixed effects, with the unit of slopes.
    fixed, others : pandas.DataFrame
        Tables, formatted.
    status : str
        The sentence that says whether the draws can be relied on.
    notes : tuple of Note
        The notes on the data that a reader has to know.
    """

    title: str
    facts: tuple[str, ...]
    heading: str
    fixed: pd.DataFrame
    others: pd.DataFrame
    status: str
    notes: tuple[Note, ...]

    def __str__(self) -> str:
        """Plain text."""
        tables = "\n\n".join(
            f"{title}\n{table.to_string(index=False, justify='right')}"
            for title, table in ((self.heading, self.fixed), ("Spread", self.others))
        )
        notes = "".join(f"\n{_wrap(f'Note: {note}')}" for note in self.notes)
        return "\n".join([self.title, *self.facts, "", tables, "", _wrap(f"Status: {self.status}")]) + notes

    __repr__ = __str__

    def _repr_html_(self) -> str:
        facts = "<br>".join(html.escape(fact) for fact in self.facts)
        fixed, others = (table.to_html(index=False, border=0) for table in (self.fixed, self.others))
        notes = "".join(f"<p><em>{html.escape(note)}</em></p>" for note in self.notes)
        status = f"<p>Status: {html.escape(self.status)}</p>"
        head = f"<p><strong>{html.escape(self.title)}</strong><br>{facts}</p>"
        return f"{head}<p>{self.heading}</p>{fixed}<p>Spread</p>{others}{status}{notes}"


def summarise(fit: "PosteriorFit") -> PosteriorSummary:
    """Format the parts of a posterior."""
    design, table = fit.design, fit.diagnostics
    left_out = int(design.left_out["rows"].sum())
    data = f"Data: {design.n_obs} rows of {design.n_subjects} subjects"
    beyond = f"Beyond the Gaussian: {', '.join(fit.response.features)}" if fit.response.features else ""
    facts = (
        f"Formula: {design.spec.shown}",
        data + (f"; {left_out} rows left out for missing values" if left_out else ""),
        *name_reference(design.spec, design.arms),
        *((beyond,) if beyond else ()),
    )
    others = table[~table["parameter"].isin([f"beta[{name}]" for name in design.fixed_names])]
    return PosteriorSummary(
        title=f"Posterior of a linear mixed model by {fit.engine}, {fit.n_draws} draws",
        facts=facts,
        heading=fixed_heading(design.spec),
        fixed=_format_fixed(fit.coefficients),
        others=_format_others(others, with_chains=fit.method == "nuts"),
        status=str(fit.status),
        notes=fit.notes,
    )


def _format_fixed(table: pd.DataFrame) -> pd.DataFrame:
    numbers = {name: table[name].map("{:.5g}".format) for name in ("estimate", "std_error", "lower", "upper")}
    return table.assign(**numbers, probability=table["probability"].map("{:.3f}".format)).rename(
        columns={"estimate": "mean", "std_error": "sd", "probability": "P(>0)"}
    )


def _format_others(table: pd.DataFrame, *, with_chains: bool) -> pd.DataFrame:
    shown = table[["parameter", "mean", "sd"]].assign(
        mean=table["mean"].map("{:.5g}".format), sd=table["sd"].map("{:.3g}".format)
    )
    if not with_chains:
        return shown
    return shown.assign(ess_bulk=table["ess_bulk"].map("{:.0f}".format), r_hat=table["r_hat"].map("{:.3f}".format))


def _wrap(text: str) -> str:
    return textwrap.fill(text, width=100, subsequent_indent="  ")
