"""The grammar of formulas: text to a tree, by a parser that knows nothing but this grammar.

Formulas come from files and command lines too, so nothing here evaluates anything. What the grammar has no rule
for is refused with its place in the text: attributes, subscripts, strings, lambdas, assignments, and any
function that is not in ``TRANSFORMS``.

    formula := sum '~' sum              sum   := ['+' | '-'] cross (('+' | '-') cross)*
    cross   := inter (('*' | '/') inter)*     inter := power (':' power)*
    power   := atom ['^' number]        atom  := number | name | call | '(' sum [('|' | '||') name] ')'
    call    := transform '(' argument (',' argument)* ')'

A name with other characters than letters, digits and underscores stands in backticks. Length, brackets and
operators are limited, so that a formula takes no time to read, whoever wrote it.
"""

import math
import re
import unicodedata
from dataclasses import dataclass
from typing import TypeAlias

from alsmodels.errors import FormulaError

__all__ = ["TRANSFORMS", "Bar", "Call", "Name", "Node", "Number", "Operation", "parse"]

TRANSFORMS = (
    "log",
    "log2",
    "log10",
    "log1p",
    "exp",
    "sqrt",
    "phase",
    "poly",
    "bs",
    "center",
    "scale",
    "C",
    "I",
)
MAX_LENGTH = 2_000
MAX_DEPTH = 40
MAX_OPERATORS = 300

_TOKEN = re.compile(
    r"\s*(?:(?P<number>(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)|(?P<name>[A-Za-z][A-Za-z0-9_]*)"
    r"|`(?P<quoted>[^`]{1,200})`|(?P<op>\|\||\*\*|[-+*/:^|~(),=]))",
    re.ASCII,
)
_SPACE = re.compile(r"\s*", re.ASCII)
_WORDS = frozenset({"lambda", "import", "if", "else", "for", "in", "is", "not", "and", "or", "None", "True", "False"})
# Names that a table of results has for itself, or that cannot be told from the intercept.
_TAKEN = frozenset({"0", "1", "Intercept", "(Intercept)"})
# Unicode's control, format, surrogate, private and unassigned characters, and separators of lines.
_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
_QUOTING = "a name in backticks has 1 to 200 characters that can be seen, none of them a backtick or a backslash"


@dataclass(frozen=True, slots=True)
class Number:
    """A number as it was written."""

    text: str


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


Node: TypeAlias = Number | Name | Call | Operation | Bar


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
        return _refusal(self.text, self.token.place, why)

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
        if token.kind in ("name", "quoted"):
            self.position += 1
            if token.kind == "name" and self.take("("):
                return self.call(token, depth)
            return Name(token.text)
        if self.take("("):
            return self.brackets(depth)
        raise self.refusal("a column, a number, a transform or a bracket is expected here")

    def brackets(self, depth: int) -> Node:
        inner = self.sum(depth + 1)
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
        if token.text not in TRANSFORMS:
            why = f"'{token.text}' is not a transform that formulas know; they know {', '.join(TRANSFORMS)}"
            raise _refusal(self.text, token.place, why)
        arguments, keywords = [], []
        while True:
            after = self.tokens[min(self.position + 1, len(self.tokens) - 1)]
            is_keyword = self.token.kind == "name" and after.text == "="
            keywords.append(self.token.text if is_keyword else "")
            self.position += 2 if is_keyword else 0
            arguments.append(self.sum(depth + 1))
            if not self.take(","):
                break
        self.expect(")", "a closing bracket is expected here")
        return Call(token.text, tuple(arguments), tuple(keywords))


def _tokenise(text: str) -> list[_Token]:
    tokens, place = [], 0
    end = len(text.rstrip())
    while place < end:
        match = _TOKEN.match(text, place)
        if match is None:
            place = _SPACE.match(text, place).end()  # type: ignore[union-attr]  # it matches nothing too
            why = _QUOTING if text[place] == "`" else f"{text[place]!r} has no meaning in a formula"
            raise _refusal(text, place, why)
        kind = str(match.lastgroup)
        if fault := _fault(kind, match[kind]):
            raise _refusal(text, match.start(kind), fault)
        tokens.append(_Token(kind, match[kind], match.start(kind)))
        place = match.end()
    return [*tokens, _Token("end", "", len(text))]


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
