"""Every error of the package: one flat family, each message a sentence the user can act on.

>>> from alsmodels.errors import AlsModelsError, FormulaError
>>> issubclass(FormulaError, AlsModelsError)
True
"""

import os.path
import sys
import traceback

__all__ = [
    "AlsModelsError",
    "ConvergenceError",
    "DataError",
    "DesignError",
    "EstimandError",
    "FormulaError",
    "IdentificationError",
    "ReadError",
    "SpecError",
]


# Folders of code that the caller did not write: this package, and the libraries and the Python that it runs in.
_NOT_THE_CALLER = (os.path.dirname(__file__), sys.prefix, sys.base_prefix)


class AlsModelsError(Exception):
    """Anything the package refuses; catch this to catch them all."""

    def _render_traceback_(self) -> list[str]:
        """What IPython and Jupyter show: the lines of the caller's own code, and the sentence.

        What lies within the package says nothing to who reads the sentence; ``raise ... from`` and debuggers have it.
        """
        frames = traceback.extract_tb(self.__traceback__)
        own = [frame for frame in frames if not frame.filename.startswith(_NOT_THE_CALLER)]
        return [*(line.rstrip() for line in traceback.format_list(own)), f"{type(self).__name__}: {self}"]


class ReadError(AlsModelsError):
    """A file or folder could not be read as what it was said to be."""


class DataError(AlsModelsError):
    """A table breaks a rule; the message names the rule, the column and the rows."""


class FormulaError(AlsModelsError):
    """A formula is not in the grammar, or asks for something that is not allowed."""


class SpecError(AlsModelsError):
    """A model specification contradicts itself or cannot be read."""


class DesignError(AlsModelsError):
    """A specification does not fit the data: unknown columns or levels, or columns that are confounded."""


class EstimandError(AlsModelsError):
    """A question that the fitted model cannot answer."""


class IdentificationError(AlsModelsError):
    """The data cannot tell the parameters of the model apart."""


class ConvergenceError(AlsModelsError):
    """No optimum was found; the message says what to try."""


def shown(value: object) -> str:
    """A value as a sentence shows it: as Python writes it, but short; Python writes no number of 5,000 digits at all.

    >>> shown("placebo"), shown(10**5000), len(shown("x" * 1000))
    ("'placebo'", 'a whole number of more than 60 digits', 200)
    """
    if isinstance(value, int) and abs(value) >= 10**60:
        return "a whole number of more than 60 digits"
    try:
        text = repr(value)
    except (ValueError, RecursionError):  # a collection that holds such a number, or itself
        return f"a {type(value).__name__} that cannot be shown"
    most = _NAME if isinstance(value, str) else _SHOWN
    return text if len(text) <= most else f"{text[: most - 4]} ..."


# Characters: names of columns, arms and questions may be long.
_NAME, _SHOWN = 200, 60
