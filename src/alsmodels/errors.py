"""Every error of the package: one flat family, each message a sentence the user can act on.

>>> from alsmodels.errors import AlsModelsError, FormulaError
>>> issubclass(FormulaError, AlsModelsError)
True
"""

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


class AlsModelsError(Exception):
    """Anything the package refuses; catch this to catch them all."""


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
