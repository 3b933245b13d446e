"""How many levels, fixed effects and random effects a model may have.

A formula is short whatever the data make of it: ``C(weight)`` is a column for each weight that occurs. The limits are
above any model of a trial, and below what takes all time or memory; they are checked before anything is computed.
"""

import math
from collections.abc import Collection, Mapping, Sequence
from typing import TypeAlias

from alsmodels.errors import DesignError
from alsmodels.model.expressions import names_in, read_expression
from alsmodels.model.formula import Formula, Terms
from alsmodels.model.grammar import Call, Name, Number

__all__ = ["MAX_COLUMNS", "MAX_LEVELS", "MAX_MOVES", "check_breadth", "check_effects"]

MAX_LEVELS = 500
"""The levels of one factor: more than a trial has sites, weeks or doses. What has more is a number or a name."""

MAX_COLUMNS = 1_000
"""The columns of X: 500 sites beside 5 arms at 60 visits are 800. X is dense, 8 kB for each row of 1,000 columns."""

MAX_MOVES = 8_192
"""Elements of theta times random effects of a subject: 25 effects if they are correlated, 90 if they are independent.

The second derivatives of their covariance are the square of it in numbers, half a GB.
"""

Levels: TypeAlias = Mapping[str, Sequence[object]]
# Columns of a transform that is told no number.
_USUAL = 3


def check_breadth(formula: Formula, levels: Levels, categories: Collection[str]) -> None:
    """Refuse factors of too many levels, and terms of too many columns.

    Parameters
    ----------
    formula : Formula
        The model.
    levels : Levels
        The levels of every column that is a factor somewhere in the formula.
    categories : collection of str
        Those of them that are no numbers, and so are factors wherever they stand.

    Raises
    ------
    DesignError
        With the factor or the term, its number of levels or columns, and what to write in its place.
    """
    for name, known in levels.items():
        if len(known) > MAX_LEVELS:
            raise _too_many_levels(name, len(known), is_number=name not in categories)
    for terms in (formula.fixed, *(term.terms for term in formula.random)):
        _check_columns(terms, levels, categories)


def check_effects(names: Sequence[str], sizes: Sequence[int]) -> None:
    """Refuse more random effects of a subject than a covariance can be found of.

    Parameters
    ----------
    names : sequence of str
        The random effects, q of them.
    sizes : sequence of int
        Sizes of the blocks of correlated ones.
    """
    n_theta, q = sum(size * (size + 1) // 2 for size in sizes), sum(sizes)
    if n_theta * q > MAX_MOVES:
        msg = (
            f"Each subject has {q} random effects, '{names[0]}' to '{names[-1]}', with {n_theta} variances and "
            "covariances; at most 25 that are correlated or 90 that are independent can be fitted. Write fewer terms "
            "before the bar, such as (phase(week, 24) | subject)."
        )
        raise DesignError(msg)


def _too_many_levels(name: str, count: int, *, is_number: bool) -> DesignError:
    if is_number:
        return DesignError(
            f"C({name}) makes a factor of the {count:,} values of '{name}', and a factor has at most {MAX_LEVELS} "
            f"levels; write {name} for a straight line, bs({name}, df=4) for a curve, or put its values into classes."
        )
    return DesignError(
        f"'{name}' is no number but a factor of {count:,} levels, and a factor has at most {MAX_LEVELS}; put its "
        "levels into classes, leave it out, or give it as numbers if it holds such."
    )


def _check_columns(terms: Terms, levels: Levels, categories: Collection[str]) -> None:
    counts = {product: math.prod(_width(text, levels, categories) for text in product) for product in terms.products}
    total = sum(counts.values()) + terms.intercept
    if total > MAX_COLUMNS:
        widest = max(counts, key=lambda product: counts[product])
        msg = (
            f"The terms '{terms.short}' make up to {total:,} columns, {counts[widest]:,} of them by "
            f"'{':'.join(widest)}'; a model has at most {MAX_COLUMNS:,}. Put the levels of its factors into classes, "
            "or leave the term out."
        )
        raise DesignError(msg)


def _width(text: str, levels: Levels, categories: Collection[str]) -> int:
    """The most columns that one factor of a term makes."""
    match read_expression(text):
        case Name(name) if name in categories:
            return len(levels[name])
        case Call("C", (inner,)):
            return math.prod(len(levels[name]) for name in names_in(inner))
        case Call("phase", (_, *knots)):
            return len(knots) + 1
        case Call("poly" | "bs" | "ns", (_, *numbers)):
            return max((int(number.text) for number in numbers if isinstance(number, Number)), default=_USUAL)
        case _:
            return 1
