"""The canvas that every figure is drawn on: colours, and figures that belong to no global state."""

import io
import textwrap
from collections.abc import Iterable, Sequence
from typing import Final, cast, final

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.text import Text

from alsmodels.errors import EstimandError
from alsmodels.model.notes import Note, NoteKind

__all__ = [
    "COLOURS",
    "GREY",
    "INK",
    "NOTES",
    "ReportFigure",
    "colour_of",
    "new_figure",
    "tell_losses",
    "tidy_axes",
    "use_axes",
    "write_plainly",
]

COLOURS: Final = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
"""Okabe and Ito's colours, which colour-blind readers can tell apart, darkest first."""

INK: Final = "#222222"
GREY: Final = "#8A8A8A"

_NOTEBOOK_DPI = 110
# Notes at a figure's foot: signs in an inch at most, in a line at least, points, share of the width, inches.
_SIGNS_PER_INCH = 18
_LEAST_SIGNS = 10
_NOTE_SIZE = 8
_MARGIN = 0.01
_NOTE_PAD = 0.06

NOTES: Final = "notes"
"""The id of the text of the notes in a figure."""


@final
class ReportFigure(Figure):
    """A figure that shows itself in a notebook without pyplot.

    It is a matplotlib figure in all else. As it is not in pyplot's list, no backend is loaded, it is shown once,
    and nothing has to be closed; for a window, give the plotting function ``axes`` from ``matplotlib.pyplot.subplots``.
    """

    def _repr_png_(self) -> bytes:
        drawn = io.BytesIO()
        self.savefig(drawn, format="png", dpi=_NOTEBOOK_DPI)
        return drawn.getvalue()


def new_figure(width: float, height: float) -> ReportFigure:
    """Return an empty figure of a size in inches, which lays itself out."""
    figure = ReportFigure(figsize=(width, height), layout=ConstrainedLayoutEngine(w_pad=0.08, h_pad=0.06))
    figure.set_facecolor("white")
    return figure


def colour_of(number: int) -> str:
    """Return the colour of the arm or fit of this number, counted from 0."""
    return COLOURS[number % len(COLOURS)]


def use_axes(axes: Axes | Sequence[Axes], counts: Sequence[int]) -> tuple[Figure, list[Axes]]:
    """Check axes that a caller gave, and return them with their figure.

    Parameters
    ----------
    axes : matplotlib.axes.Axes or sequence of Axes
        One or several, of one figure.
    counts : sequence of int
        How many there may be.
    """
    given = [axes] if isinstance(axes, Axes) else list(axes)
    if len(given) not in counts:
        wanted = " or ".join(str(count) for count in sorted(set(counts)))
        msg = f"The figure has {wanted} panel{'s' * (wanted != '1')}, but {len(given)} axes were given."
        raise EstimandError(msg)
    return cast("Figure", given[0].figure), given


def write_plainly(figure: Figure, panels: Sequence[Axes]) -> Figure:
    """Show every text as it is, dollars in names too, and return the figure.

    Of a figure that the caller made these are the texts in the panels alone.
    """
    for part in [figure] if isinstance(figure, ReportFigure) else panels:
        for text in part.findobj(Text):
            text.set_parse_math(False)
    return figure


def tell_losses(figure: Figure, notes: Iterable[Note]) -> None:
    """Write below a figure of the package's own which rows covariates cost, and which reference was guessed.

    The figure grows by a strip at its foot for them, which panels and legends stay out of.
    """
    kinds = {NoteKind.LEFT_OUT, NoteKind.REFERENCE}
    told = list(dict.fromkeys(note.brief for note in notes if note.kind in kinds))
    if told and isinstance(figure, ReportFigure):
        _write_at_foot(figure, told)


def _write_at_foot(figure: ReportFigure, told: Sequence[str]) -> None:
    note = figure.text(_MARGIN, 0, "", fontsize=_NOTE_SIZE, color=INK, ha="left", va="top", gid=NOTES)
    note.set_parse_math(False)
    note.set_text("\n".join(_wrap_to_width(note, text) for text in told))
    strip = note.get_window_extent().height / figure.dpi + 2 * _NOTE_PAD
    # A legend whose place is given is no longer counted by the layout.
    legend = sum(one.get_window_extent().height / figure.dpi + 2 * _NOTE_PAD for one in figure.legends)
    height = figure.get_figheight() + strip
    figure.set_figheight(height)
    note.set_y((strip - _NOTE_PAD) / height)
    for one in figure.legends:
        one.set_bbox_to_anchor((0.0, strip / height, 1.0, 1.0 - strip / height), figure.transFigure)
    foot = (strip + legend) / height
    cast("ConstrainedLayoutEngine", figure.get_layout_engine()).set(rect=(0.0, foot, 1.0, 1.0 - foot))


def _wrap_to_width(note: Text, words: str) -> str:
    """The words in lines that are no wider than the figure, whatever the script."""
    figure = cast("Figure", note.figure)
    room = (1 - 2 * _MARGIN) * figure.get_figwidth() * figure.dpi
    signs = int(figure.get_figwidth() * _SIGNS_PER_INCH)
    while True:
        note.set_text(textwrap.fill(words, signs))
        if note.get_window_extent().width <= room or signs <= _LEAST_SIGNS:
            return note.get_text()
        signs = int(0.95 * signs)


def tidy_axes(ax: Axes, *, left: bool = True) -> None:
    """Take away the frame's upper and right lines, and the left if it says nothing."""
    for side in ("top", "right", *(() if left else ("left",))):
        ax.spines[side].set_visible(False)
    ax.tick_params(length=3, labelsize=9, colors=INK)
    if not left:
        ax.tick_params(axis="y", length=0)
