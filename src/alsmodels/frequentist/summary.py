"""What a fit says of itself, in a terminal and in a notebook."""

import html
import math
import textwrap
from dataclasses import dataclass
from typing import TYPE_CHECKING, final

import pandas as pd

from alsmodels.model.notes import Note, name_reference
from alsmodels.model.units import fixed_heading

if TYPE_CHECKING:
    from alsmodels.frequentist.fit import MixedFit
    from alsmodels.model.design import Design
    from alsmodels.model.registry import Registry

__all__ = ["Summary", "format_p", "summarise"]


@final
@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Summary:
    """The parts of a printed fit.

    Attributes
    ----------
    title : str
        The title, with method and formula.
    facts : tuple of str
        Lines on the data and the likelihood.
    heading : str
        The heading of the fixed effects, with the unit of slopes.
    fixed, random : pandas.DataFrame
        The tables, formatted.
    status : str
        The sentence that says how the fit ended.
    notes : tuple of Note
        The notes on the data that a reader has to know.
    """

    title: str
    facts: tuple[str, ...]
    heading: str
    fixed: pd.DataFrame
    random: pd.DataFrame
    status: str
    notes: tuple[Note, ...]

    def __str__(self) -> str:
        """Plain text."""
        fixed = self.fixed.to_string(index=False, justify="right")
        random = self.random.to_string(index=False, justify="right")
        notes = "".join(f"\n{_wrap(f'Note: {note}')}" for note in self.notes)
        facts = "\n".join(self.facts)
        tables = f"{self.heading}\n{fixed}\n\nRandom effects\n{random}"
        return f"{self.title}\n{facts}\n\n{tables}\n\n{_wrap(f'Status: {self.status}')}{notes}"

    __repr__ = __str__

    def _repr_html_(self) -> str:
        facts = "<br>".join(html.escape(fact) for fact in self.facts)
        notes = "".join(f"<p><em>{html.escape(note)}</em></p>" for note in self.notes)
        fixed, random = (table.to_html(index=False, border=0) for table in (self.fixed, self.random))
        return (
            f"<p><strong>{html.escape(self.title)}</strong><br>{facts}</p>"
            f"<p>{self.heading}</p>{fixed}<p>Random effects</p>{random}"
            f"<p>Status: {html.escape(self.status)}</p>{notes}"
        )


def summarise(fit: "MixedFit") -> Summary:
    """Format the parts of a fit."""
    design = fit.design
    left_out = int(design.left_out["rows"].sum())
    kept = f"{design.n_obs} rows of {design.n_subjects} subjects{_in_parts(design)}{_weighted(design)}"
    freedom = "Satterthwaite" if fit.freedom is not None else "none: z-tests"
    return Summary(
        title=f"Linear mixed model by {fit.method}, engine {fit.engine}",
        facts=(
            f"Formula: {design.spec.shown}",
            f"Data: {kept}" + (f"; {left_out} rows left out for missing values" if left_out else ""),
            *name_reference(design.spec, design.arms),
            f"Log-likelihood {fit.loglik:.4f}, AIC {fit.aic:.2f}, BIC {fit.bic:.2f}; degrees of freedom: {freedom}",
        ),
        heading=fixed_heading(design.spec),
        fixed=_format_fixed(fit.coefficients),
        random=_format_random(fit),
        status=str(fit.status),
        notes=fit.notes,
    )


def _in_parts(design: "Design | Registry") -> str:
    number = getattr(design, "n_parts", 1)  # of a design with rows there is one, not worth a word
    return "" if number == 1 else f" in {number} parts"


def _weighted(design: "Design | Registry") -> str:
    found = design.weight_range
    return "" if found is None else f", weights of rows from {found[0]:g} to {found[1]:g}"


def _wrap(text: str) -> str:
    return textwrap.fill(text, width=100, subsequent_indent="  ")


def format_p(value: float) -> str:
    """A p-value as journals print it; nothing where there is none.

    Examples
    --------
    >>> format_p(1e-11), format_p(0.04), format_p(float("nan"))
    ('<0.0001', '0.0400', '')
    """
    if math.isnan(value):
        return ""
    return "<0.0001" if value < 1e-4 else f"{value:.4f}"


def _format_fixed(table: pd.DataFrame) -> pd.DataFrame:
    numbers = {name: table[name].map("{:.5g}".format) for name in ("estimate", "std_error", "lower", "upper")}
    return table.assign(
        **numbers,
        df=table["df"].map("{:.1f}".format),
        statistic=table["statistic"].map("{:.2f}".format),
        p_value=table["p_value"].map(format_p),
    ).rename(columns={"statistic": "t" if table["df"].max() < float("inf") else "z"})


def _format_random(fit: "MixedFit") -> pd.DataFrame:
    """Standard deviations beside the correlations below the diagonal."""
    names, sizes = list(fit.design.random_names), fit.design.template.blocks
    sd = fit.covariance.to_numpy().diagonal() ** 0.5
    correlation = fit.correlation.to_numpy()
    block_of = {column: block for block in sizes for column in range(block.start, block.stop)}
    rows = []
    for row, name in enumerate(names):
        block = block_of[row]
        cells = [f"{correlation[row, col]:.3f}" if block.start <= col else "" for col in range(row)]
        rows.append(["subject", name, f"{sd[row]:.5g}", *cells])
    rows.append(["residual", "", f"{fit.sigma:.5g}"])
    width = max(len(row) for row in rows)
    headers = ["group", "effect", "std_dev", *(["correlation"] + [""] * width)[: width - 3]]
    return pd.DataFrame([row + [""] * (width - len(row)) for row in rows], columns=headers)
