"""The grammar of formulas: text to a tree, by a parser that knows nothing but this grammar.

Formulas come from files and command lines too, so nothing here evaluates anything. What the grammar has no rule
for is refused with its place in the text: attributes, subscripts, strings, lambdas, assignments, and any
function that is not in ``TRANSFORMS``.

    formula := sum '~' sum              sum   := ['+' | '-'] cross (('+' | '-') cross)*
    cross   := inter (('*' | '/') inter)*     inter := power (':' power)*
    power   := atom ['^' number]        atom  := number | name | call | '(' sum [('|' | '||') name] ')'
    call    := transform '(' argument (',' argument)* ')'
    argument := [name '='] (truth | sum [('<' | '<=' | '>' | '>=' | '==' | '!=') sum])

Inside a transform a bracket may hold a comparison too. A name has letters, digits, underscores and, as in R, dots
between them; one with other characters stands in backticks. Length, brackets and operators are limited, so that a
formula takes no time to read, whoever wrote it.
"""

import itertools
import math
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TypeAlias

from alsmodels.errors import FormulaError, shown

__all__ = ["COMPARISONS", "TRANSFORMS", "Bar", "Call", "Name", "Node", "Number", "Operation", "Truth", "parse"]

TRANSFORMS = (
    "log",
    "log2",
    "log10",
    "log1p",
    "exp",
    "sqrt",
    "abs",
    "sin",
    "cos",
    "phase",
    "poly",
    "bs",
    "ns",
    "center",
    "scale",
    "C",
    "I",
    "offset",
)
COMPARISONS = ("<=", ">=", "==", "!=", "<", ">")
# What R calls a transform that has another name here.
_ALIASES: Mapping[str, str] = MappingProxyType({"factor": "C", "as.factor": "C"})
_TRUTHS: Mapping[str, bool] = MappingProxyType(
    {"True": True, "TRUE": True, "T": True, "False": False, "FALSE": False, "F": False}
)
_BY_KNOT = (
    "the time before and after a knot are the two columns of phase(week, 24); one of them alone is "
    "I((week - 24) * (week > 24))"
)
_CURVE = "a curve is ns(week, df=3), bs(week, df=4) or poly(week, 2)"
_STRUCTURE = "random effects are written as in lme4, (phase(week, 24) | subject), or with || where they are independent"
# What to write in place of functions of R that are no transforms here.
_HINTS: Mapping[str, str] = MappingProxyType(
    {
        "pmax": _BY_KNOT,
        "pmin": _BY_KNOT,
        "relevel": "the reference arm is the cohort's, Roles(..., control='placebo'); another factor is compared with "
        "the first level of its pandas Categorical",
        "ordered": "give the column as an ordered pandas Categorical, or as numbers",
        "ifelse": "a condition is I(week > 24), which is 1 where it holds and 0 elsewhere",
        "as.numeric": "a column of numbers is one in a formula by itself; one of words is made numbers in the data",
        "cut": "put the values into classes in the data",
        "rcs": _CURVE,
        "s": _CURVE,
        "us": _STRUCTURE,
        "diag": _STRUCTURE,
        "ar1": _STRUCTURE,
    }
)
MAX_LENGTH = 2_000
MAX_DEPTH = 40
MAX_OPERATORS = 300

_TOKEN = re.compile(
    r"\s*(?:(?P<number>(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)|(?P<name>[A-Za-z][A-Za-z0-9_]*(?:\.[A-Za-z0-9][A-Za-z0-9_]*)*)"
    r"|`(?P<quoted>[^`]{1,200})`|(?P<op>\|\||\*\*|[<>=!]=|[-+*/:^|~(),=<>]))",
    re.ASCII,
)
_SPACE = re.compile(r"\s*", re.ASCII)
_WORDS = frozenset({"lambda", "import", "if", "else", "for", "in", "is", "not", "and", "or", "None"})
# Names that a table of results has for itself, or that cannot be told from the intercept.
_TAKEN = frozenset({"0", "1", "Intercept", "(Intercept)"})
# Unicode's control, format, surrogate, private and unassigned characters, and separators of lines.
_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
_BACKTICKS = "; a column whose name has other signs than letters, digits, dots and underscores stands in backticks"
_QUOTING = "a name in backticks has 1 to 200 characters that can be seen, none of them a backtick or a backslash"


@dataclass(frozen=True, slots=True)
class Number:
    """A number as it was written."""

    text: str


@dataclass(frozen=True, slots=True)
class Truth:
    """True or False, as a named argument of a transform; R's spellings are read too."""

    value: bool


@dataclass(frozen=True, slots=True)
class Name:
    """A column."""

    text: str


@dataclass(frozen=True, slots=True)
class Call:
    """A transform of columns; ``keywords[i]`` is the name of argument i, or empty."""

    function: str
    arguments: tuple["Node", ...]
    keywords: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Operation:
    """Two sides of an operator; a leading minus has ``Number('0')`` on its left."""

    operator: str
    left: "Node"
    right: "Node"


@dataclass(frozen=True, slots=True)
class Bar:
    """Random effects: ``(inner | group)``, or ``(inner || group)`` for independent ones."""

    inner: "Node"
    group: str
    correlated: bool


Node: TypeAlias = Number | Truth | Name | Call | Operation | Bar


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str
    place: int


def parse(text: str) -> tuple[Node, Node]:
    """The response and the right-hand side of a formula, as trees.

    Raises
    ------
    FormulaError
        With the place in the text and what was expected there.
    """
    if len(text) > MAX_LENGTH:
        msg = f"A formula has at most {MAX_LENGTH} characters; this one has {len(text)}."
        raise FormulaError(msg)
    parser = _Parser(text)
    response = parser.sum(0)
    parser.expect("~", "the response is followed by '~'")
    right = parser.sum(0)
    parser.expect("", "the formula ends here")
    return response, right


class _Parser:
    """Recursive descent over the tokens; ``position`` is all its state."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens = _tokenise(text)
        self.position = 0
        self.inside = 0  # how many transforms are open
        if sum(token.kind == "op" and token.text not in "()," for token in self.tokens) > MAX_OPERATORS:
            raise FormulaError(f"A formula has at most {MAX_OPERATORS} operators.")

    @property
    def token(self) -> _Token:
        return self.tokens[self.position]

    def take(self, *operators: str) -> str | None:
        if self.token.kind == "op" and self.token.text in operators:
            self.position += 1
            return self.tokens[self.position - 1].text
        return None

    def expect(self, operator: str, why: str) -> None:
        found = self.token.text == "" if operator == "" else self.take(operator) is not None
        if not found:
            raise self.refusal(why)

    def refusal(self, why: str) -> FormulaError:
        if self.token.kind == "op" and self.token.text in COMPARISONS:
            why = "a comparison stands inside I(), as in I(week > 24), one in each bracket"
        return _refusal(self.text, self.token.place, why)

    def comparison(self, depth: int) -> Node:
        node = self.sum(depth)
        operator = self.take(*COMPARISONS) if self.inside else None
        return node if operator is None else Operation(operator, node, self.sum(depth))

    def sum(self, depth: int) -> Node:
        if depth > MAX_DEPTH:
            raise self.refusal("brackets are nested too deeply")
        sign = self.take("+", "-")
        node = self.cross(depth)
        if sign == "-":
            node = Operation("-", Number("0"), node)
        while operator := self.take("+", "-"):
            node = Operation(operator, node, self.cross(depth))
        return node

    def cross(self, depth: int) -> Node:
        node = self.interaction(depth)
        while operator := self.take("*", "/"):
            node = Operation(operator, node, self.interaction(depth))
        return node

    def interaction(self, depth: int) -> Node:
        node = self.power(depth)
        while self.take(":"):
            node = Operation(":", node, self.power(depth))
        return node

    def power(self, depth: int) -> Node:
        node = self.atom(depth)
        if self.take("^", "**"):
            if self.token.kind != "number":
                raise self.refusal("a power is a number")
            node = Operation("^", node, self.atom(depth))
        return node

    def atom(self, depth: int) -> Node:
        token = self.token
        if token.kind == "number":
            self.position += 1
            return Number(_plain_number(token.text))
        if token.kind == "name" and token.text in ("True", "False"):
            raise self.refusal(f"'{token.text}' has no meaning in a formula, but as in poly(week, 2, raw=True)")
        if token.kind in ("name", "quoted"):
            self.position += 1
            if token.kind == "name" and self.take("("):
                return self.call(token, depth)
            return Name(token.text)
        if self.take("("):
            return self.brackets(depth)
        raise self.refusal("a column, a number, a transform or a bracket is expected here")

    def brackets(self, depth: int) -> Node:
        inner = self.comparison(depth + 1)
        bar = self.take("|", "||")
        if bar:
            if self.token.kind not in ("name", "quoted"):
                raise self.refusal("the bar is followed by one grouping column, such as 'subject'")
            inner = Bar(inner, self.token.text, correlated=bar == "|")
            self.position += 1
            if self.token.text in (":", "/"):
                raise self.refusal("random effects have one grouping column; nested or crossed groups are not fitted")
        self.expect(")", "a closing bracket is expected here")
        return inner

    def call(self, token: _Token, depth: int) -> Node:
        function = _ALIASES.get(token.text, token.text)
        if function not in TRANSFORMS:
            raise _foreign(self.text, token)
        arguments, keywords = [], []
        self.inside += 1
        while True:
            after = self.tokens[min(self.position + 1, len(self.tokens) - 1)]
            is_keyword = self.token.kind == "name" and after.text == "="
            keywords.append(self.token.text if is_keyword else "")
            self.position += 2 if is_keyword else 0
            arguments.append(self.argument(depth + 1, is_keyword=is_keyword))
            if not self.take(","):
                break
        self.inside -= 1
        self.expect(")", "a closing bracket is expected here")
        return Call(function, tuple(arguments), tuple(keywords))

    def argument(self, depth: int, *, is_keyword: bool) -> Node:
        if is_keyword and self.token.kind == "name" and self.token.text in _TRUTHS:
            self.position += 1
            return Truth(_TRUTHS[self.tokens[self.position - 1].text])
        return self.comparison(depth)


def _tokenise(text: str) -> list[_Token]:
    tokens: list[_Token] = []
    place = 0
    end = len(text.rstrip())
    while place < end:
        match = _TOKEN.match(text, place)
        if match is None:
            place = _SPACE.match(text, place).end()  # type: ignore[union-attr]  # it matches nothing too
            why = _QUOTING if text[place] == "`" else f"{shown(text[place])} has no meaning in a formula{_BACKTICKS}"
            known = [
                name for name, bracket in itertools.pairwise(tokens) if bracket.text == "(" and name.text in _HINTS
            ]
            raise _foreign(text, known[-1]) if known else _refusal(text, place, why)
        kind = str(match.lastgroup)
        if fault := _fault(kind, match[kind]):
            raise _refusal(text, match.start(kind), fault)
        tokens.append(_Token(kind, match[kind], match.start(kind)))
        place = match.end()
    return [*tokens, _Token("end", "", len(text))]


def _foreign(text: str, token: _Token) -> FormulaError:
    """What is said of a function that is no transform."""
    hint = _HINTS.get(token.text)
    known = f"they know {', '.join(TRANSFORMS)}" if hint is None else hint
    return _refusal(text, token.place, f"'{token.text}' is not a transform that formulas know; {known}")


def _fault(kind: str, text: str) -> str:
    """Say why a token cannot stand in a formula; empty if it can."""
    if kind == "name" and text in _WORDS:
        return f"'{text}' has no meaning in a formula"
    if kind in ("name", "quoted") and text in _TAKEN:
        return f"a column called '{text}' cannot be told from the intercept; rename it"
    if kind == "quoted" and (not text.strip() or "\\" in text or any(map(_unseen, text))):
        return _QUOTING
    if kind == "number" and not math.isfinite(float(text)):
        return f"the number {text[:20]} is too large"
    return ""


def _unseen(sign: str) -> bool:
    return unicodedata.category(sign) in _UNSEEN


def _plain_number(text: str) -> str:
    """A whole number without leading zeros, any other as it is."""
    return (text.lstrip("0") or "0") if text.isdigit() else text


def _refusal(text: str, place: int, why: str) -> FormulaError:
    start = max(0, place - 60)
    shown = "".join(sign if sign.isprintable() else " " for sign in text[start : place + 60])
    return FormulaError(
        f"The formula cannot be read at character {place + 1}: {why}.\n  {shown}\n  {' ' * (place - start)}^"
    )
