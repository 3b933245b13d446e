"""A formula as a value: the response, the fixed terms and the random terms, in one canonical spelling.

Terms follow Wilkinson & Rogers (1973): ``a * b`` is ``a + b + a:b``, ``a / b`` is ``a + a:b``, and ``- 1`` or
``0 +`` takes the intercept away. ``(lhs | subject)`` adds random effects as in lme4.
"""

import itertools
import keyword
import re
from dataclasses import dataclass
from functools import lru_cache, reduce
from typing import TypeAlias

from alsmodels.errors import FormulaError
from alsmodels.model.grammar import (
    COMPARISONS,
    MAX_LENGTH,
    Bar,
    Call,
    Name,
    Node,
    Number,
    Operation,
    Truth,
    parse,
)
from alsmodels.model.timescale import WEEKS_PER_UNIT, spell_knot
from alsmodels.model.transforms import SEVERAL, check_transforms
from alsmodels.model.walks import columns_of, phases_of, rename

__all__ = ["Formula", "RandomTerm", "Terms", "read_formula", "spell_name", "spell_response"]

MAX_POWER = 4
MAX_TERMS = 200
MAX_FACTORS = 8

# Terms of a formula, each a set of factors, and whether it is present.
_Found: TypeAlias = dict[frozenset[str], bool]
# An expression that is a transform of one column, whatever that is called.
_TRANSFORMED = re.compile(r"(log|log2|log10|log1p|exp|sqrt)\s*\((.{1,200})\)", re.ASCII)
# Signs that no name of a column has where a maker spells it: they have a meaning in formulas, whatever is around them.
_MEANT = frozenset("~|`\\")
_ARITHMETIC = {"+": "+", "-": "-", "*": "*", "/": "/", "^": "**"} | {sign: sign for sign in COMPARISONS}
# Operators that bind alike, so that a chain of them needs no brackets on its left.
_ALIKE = {"+": "+-", "-": "+-", "*": "*/", "/": "*/"}
# The column of the subject, whatever its case.
_SUBJECT = "subject"


@dataclass(frozen=True, slots=True)
class Terms:
    """A set of terms in order; a term is the tuple of its factors.

    Attributes
    ----------
    intercept : bool
        Whether a column of ones is among them.
    products : tuple of tuple of str
        The terms, each a tuple of canonical factors.
    """

    intercept: bool
    products: tuple[tuple[str, ...], ...]

    def __str__(self) -> str:
        """Spell the terms as the right-hand side of a formula."""
        spelt = [":".join(product) for product in self.products]
        return " + ".join(["1" if self.intercept else "0", *spelt])

    @property
    def short(self) -> str:
        """The terms without an intercept that goes without saying."""
        return str(self).removeprefix("1 + ")


@dataclass(frozen=True, slots=True)
class RandomTerm:
    """Random effects of one grouping column; independent effects have ``correlated=False``."""

    terms: Terms
    group: str
    correlated: bool

    def __str__(self) -> str:
        """Spell the term as in a formula."""
        return f"({self.terms.short} {'|' if self.correlated else '||'} {spell_name(self.group)})"


@dataclass(frozen=True, slots=True)
class Formula:
    """A parsed formula.

    Attributes
    ----------
    response : str
        Canonical expression, such as ``alsfrs_r`` or ``log(il6)``.
    fixed : Terms
        The fixed terms.
    random : tuple of RandomTerm
        The random terms, in order.
    columns : tuple of str
        Every column it reads, in order of appearance.
    term_columns : tuple of str
        The columns that fixed and random terms are made of.
    factors : tuple of str
        The columns that stand in ``C()``, and so are categories even where they are numbers.
    phases : tuple of tuple of (str, tuple of float)
        The unit of time and the knots of each ``phase`` transform, each once.
    offsets : tuple of str
        Expressions in columns that are taken off the response.
    """

    response: str
    fixed: Terms
    random: tuple[RandomTerm, ...]
    columns: tuple[str, ...]
    term_columns: tuple[str, ...]
    factors: tuple[str, ...]
    phases: tuple[tuple[str, tuple[float, ...]], ...]
    offsets: tuple[str, ...] = ()

    @property
    def shown(self) -> str:
        """The formula as titles show it: knots with six digits."""
        text = str(self)
        for unit, knots in self.phases:
            written = ", ".join(spell_knot(knot) for knot in knots)
            text = text.replace(f"phase({unit}, {written})", f"phase({unit}, {', '.join(f'{k:g}' for k in knots)})")
        return text

    @property
    def knots(self) -> tuple[float, ...]:
        """The knots of all ``phase`` transforms, in order."""
        return tuple(sorted({knot for _, knots in self.phases for knot in knots}))

    @property
    def time(self) -> str | None:
        """The column of time that the terms are in: that of its phases, or else week, month or day; None if none is."""
        named = [unit for unit, _ in self.phases] or [unit for unit in WEEKS_PER_UNIT if unit in self.term_columns]
        return next((unit for unit in named if unit not in self.factors), None)

    def __str__(self) -> str:
        """The canonical spelling; reading it gives the same formula."""
        offsets = [f"offset({offset})" for offset in self.offsets]
        return f"{self.response} ~ {' + '.join([self.fixed.short, *offsets, *map(str, self.random)])}"


@lru_cache(maxsize=256)
def read_formula(text: str, names: tuple[tuple[str, str], ...] = ()) -> Formula:
    """Read a formula in lme4's manner.

    Parameters
    ----------
    text : str
        The formula.
    names : tuple of tuple of (str, str), default ()
        Columns that it may call by another name, each with the one that they are to have.

    Raises
    ------
    FormulaError
        If the text is outside the grammar.

    Examples
    --------
    >>> formula = read_formula("alsfrs_r ~ arm * phase(week, 24) + (phase(week, 24) | subject)")
    >>> formula.fixed.products
    (('arm',), ('phase(week, 24)',), ('arm', 'phase(week, 24)'))
    >>> print(formula)
    alsfrs_r ~ arm + phase(week, 24) + arm:phase(week, 24) + (phase(week, 24) | subject)
    """
    left, right = (rename(side, dict(names)) for side in parse(text)) if names else parse(text)
    _check_response(left)
    check_transforms(Operation("~", left, right))
    fixed, bars = _split_bars(right)
    fixed, offsets = _split_offsets(fixed) if fixed is not None else (None, [])
    random = tuple(RandomTerm(_read_terms(bar.inner, "random"), _group(bar), bar.correlated) for bar in bars)
    formula = Formula(
        response=_spell(left, inside=False),
        fixed=_read_terms(fixed, "fixed") if fixed is not None else Terms(intercept=True, products=()),
        random=random,
        columns=tuple(dict.fromkeys([*columns_of(left), *columns_of(right), *(_group(bar) for bar in bars)])),
        term_columns=tuple(dict.fromkeys([*(columns_of(fixed) if fixed is not None else []), *_in_bars(bars)])),
        factors=tuple(dict.fromkeys(columns_of(right, of="C"))),
        phases=tuple(dict.fromkeys(phases_of(right))),
        offsets=tuple(_spell_argument("offset", offset.arguments[0], 0) for offset in offsets),
    )
    _check_spelt(str(formula))
    return formula


def spell_name(name: str) -> str:
    """A column's name as formulas spell it."""
    plain = name.isascii() and name.isidentifier() and not name.startswith("_") and not keyword.iskeyword(name)
    return name if plain else f"`{name}`"


def spell_response(outcome: str) -> str:
    """An outcome as formulas spell it: an expression as it is, the name of a column in backticks if it needs them.

    Examples
    --------
    >>> spell_response("log(il6)"), spell_response("ALSFRS-R")
    ('log(il6)', '`ALSFRS-R`')
    >>> spell_response("log(IL-6 [pg/mL])")
    'log(`IL-6 [pg/mL]`)'
    """
    if _is_readable(outcome) or not outcome.strip() or not _MEANT.isdisjoint(outcome):
        return outcome
    inner = _TRANSFORMED.fullmatch(outcome)
    return f"{inner[1]}({spell_name(inner[2].strip())})" if inner else spell_name(outcome)


def _is_readable(outcome: str) -> bool:
    try:
        read_formula(f"{outcome} ~ 1")
    except FormulaError:
        return False
    return True


def _check_response(node: Node) -> None:
    if isinstance(node, Call) and node.function in SEVERAL:
        msg = f"A response is one column; '{node.function}' makes several."
        raise FormulaError(msg)


def _check_spelt(text: str) -> None:
    """Refuse a formula that could not be read again as it is spelt."""
    if len(text) > MAX_LENGTH:
        msg = f"Written out term by term the formula has {len(text)} characters; it may have {MAX_LENGTH}."
        raise FormulaError(msg)


def _split_bars(node: Node) -> tuple[Node | None, list[Bar]]:
    """Take the random terms off a sum; what remains may be nothing."""
    if isinstance(node, Bar):
        return None, [node]
    if not isinstance(node, Operation) or node.operator not in "+-":
        return node, []
    left, bars = _split_bars(node.left)
    right, more = _split_bars(node.right)
    if more and node.operator == "-":
        msg = "Random effects are added to a formula, not taken away: write '+ (1 | subject)'."
        raise FormulaError(msg)
    if left is None or right is None:
        return (left if right is None else right), bars + more
    return Operation(node.operator, left, right), bars + more


def _split_offsets(node: Node) -> tuple[Node | None, list[Call]]:
    """Take the offsets off a sum; what remains may be nothing."""
    match node:
        case Call("offset"):
            return None, [node]
        case Operation("+", left, right):
            (first, one), (second, other) = _split_offsets(left), _split_offsets(right)
            if first is None or second is None:
                return (first if second is None else second), one + other
            return Operation("+", first, second), one + other
        case Operation("-", left, right):
            kept, found = _split_offsets(left)
            return Operation("-", Number("1") if kept is None else kept, right), found
        case _:
            return node, []


def _group(bar: Bar) -> str:
    """What a random term is grouped by; the subject is known in any case of its letters."""
    return _SUBJECT if bar.group.casefold() == _SUBJECT else bar.group


def _in_bars(bars: list[Bar]) -> list[str]:
    return [name for bar in bars for name in columns_of(bar.inner)]


def _read_terms(node: Node, kind: str) -> Terms:
    found = _expand(node)
    intercept = found.pop(frozenset(), True)
    seen = _factors(node)
    kept = sorted((sorted(term, key=seen.index) for term, present in found.items() if present), key=len)
    # Within a product, factors stand in the order in which the spelt terms first name them.
    order = list(dict.fromkeys(itertools.chain.from_iterable(kept)))
    products = tuple(tuple(sorted(term, key=order.index)) for term in kept)
    if not intercept and not products:
        msg = f"The {kind} part of the formula has no terms: neither an intercept nor a column."
        raise FormulaError(msg)
    return Terms(intercept=intercept, products=products)


def _expand(node: Node) -> _Found:
    """Terms and whether each is present; the intercept, the empty term, is listed only when it was mentioned."""
    match node:
        case Number(text):
            if text not in ("0", "1"):
                msg = f"The number {text} stands alone in a formula; only 0 and 1, for the intercept, may."
                raise FormulaError(msg)
            return {frozenset(): text == "1"}
        case Call("offset"):
            msg = "An offset is added to the formula by itself, as in 'y ~ week + offset(log(x)) + (week | subject)'."
            raise FormulaError(msg)
        case Name() | Call():
            return {frozenset([_spell(node, inside=False)]): True}
        case Bar():
            msg = f"The random term of '{node.group}' stands inside another term; add it to the formula with '+'."
            raise FormulaError(msg)
        case Operation("+", left, right):
            return _limit(_expand(left) | _expand(right))
        case Operation("-", left, right):
            taken = _expand(right)
            if taken == {frozenset(): False}:  # minus zero gives the intercept back
                return _expand(left) | {frozenset(): True}
            start: _Found = {} if left == Number("0") else _expand(left)
            return start | dict.fromkeys(taken, False)
        case Operation(":", left, right):
            return _products(_expand(left), _expand(right))
        case Operation("*", left, right):
            a, b = _expand(left), _expand(right)
            return _limit(a | b | _products(a, b))
        case Operation("/", left, right):
            a = _expand(left)
            return a | _products({frozenset().union(*a): True}, _expand(right))
        case Operation("^", left, Number(text)) if text.isdigit() and 1 <= int(text) <= MAX_POWER:
            a = _expand(left)
            return reduce(lambda terms, _: _limit(terms | _products(terms, a)), range(int(text) - 1), a)
        case _:
            msg = f"A power of terms is a whole number from 1 to {MAX_POWER}; a column's square is I(column^2)."
            raise FormulaError(msg)


def _products(a: _Found, b: _Found) -> _Found:
    pairs = itertools.product((term for term in a if a[term]), (term for term in b if b[term]))
    products = _limit({x | y: True for x, y in pairs})
    if any(len(term) > MAX_FACTORS for term in products):
        msg = f"A term of the formula is a product of more than {MAX_FACTORS} columns."
        raise FormulaError(msg)
    return products


def _limit(terms: _Found) -> _Found:
    if len(terms) > MAX_TERMS:
        msg = f"The formula expands to more than {MAX_TERMS} terms."
        raise FormulaError(msg)
    return terms


def _factors(node: Node) -> list[str]:
    """The factors of a sum in order of appearance."""
    match node:
        case Name() | Call():
            return [_spell(node, inside=False)]
        case Operation(_, left, right):
            return list(dict.fromkeys([*_factors(left), *_factors(right)]))
        case _:
            return []


def _spell(node: Node, *, inside: bool) -> str:
    """The canonical text of an expression in columns; ``inside`` an ``I()`` arithmetic is allowed."""
    match node:
        case Number(text) if inside:
            return text
        case Name(text):
            return spell_name(text)
        case Call(function, arguments, keywords):
            spelt = [_spell_argument(function, a, position) for position, a in enumerate(arguments)]
            return f"{function}({', '.join(f'{k}={s}' if k else s for k, s in zip(keywords, spelt, strict=True))})"
        case Operation(operator, left, right) if inside and operator in _ARITHMETIC:
            if operator == "-" and left == Number("0"):
                return f"(-{_spell(right, inside=True)})"
            before = _spell(left, inside=True)
            if isinstance(left, Operation) and left.operator in _ALIKE.get(operator, ""):
                before = before[1:-1]
            return f"({before} {_ARITHMETIC[operator]} {_spell(right, inside=True)})"
        case _:
            msg = (
                "Arithmetic on columns stands inside I(), as in I(week^2); a response is a column or its transform, "
                "and a name with a sign of arithmetic in it stands in backticks, as in `ALSFRS-R`."
            )
            raise FormulaError(msg)


def _spell_argument(function: str, node: Node, position: int) -> str:
    """The first argument of a transform is an expression in columns, those after it are numbers."""
    if position == 0:
        if isinstance(node, Number):
            msg = f"'{function}' takes a column first, not the number {node.text}."
            raise FormulaError(msg)
        spelt = _spell(node, inside=True)
        return spelt[1:-1] if isinstance(node, Operation) else spelt
    match node:
        case Number(text):
            return spell_knot(float(text)) if function == "phase" else text
        case Truth(value):
            return str(value)
        case Operation("-", Number("0"), Number(text)):
            return f"-{text}"
        case _:
            msg = f"'{function}' takes numbers after its first argument, as in phase(week, 24) or poly(week, 2)."
            raise FormulaError(msg)
