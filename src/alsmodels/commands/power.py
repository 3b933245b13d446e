"""What ``alsmodels power`` does: from the name of a truth to its design card."""

import json
from collections.abc import Sequence
from typing import Any

from rich.text import Text

from alsmodels.commands.simulation import open_truth, read_sizes
from alsmodels.inference.card import design_card
from alsmodels.report.terminal import view_text

__all__ = ["view_card"]


def view_card(truth: str, *, arms: Sequence[str], as_json: bool, **asked: Any) -> Text:
    """Make the card of a truth, as text or as JSON.

    Parameters
    ----------
    truth : str
        Name of a ready truth, or a JSON file.
    arms : sequence of str
        Such as ``anakinra=17``.
    as_json : bool
        Whether it is to be JSON.
    asked : object
        The other arguments of `design_card`.
    """
    card = design_card(open_truth(truth), arms=read_sizes(arms, option="--arms"), **asked)
    return view_text(json.dumps(card.to_dict(), indent=2, ensure_ascii=False) if as_json else repr(card))
