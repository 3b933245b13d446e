"""The text of a table: from bytes in any encoding to UTF-8, with what was said or assumed of it.

Nothing is guessed without a word. UTF-8 is taken as it is, and what begins with a byte order mark as the mark says.
Other bytes are read as cp1252, Western Europe's, only where each of them is a letter within a word or a usual sign; a
finding shows the words. Everything else is refused until the encoding is said.
"""

import codecs
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType
from typing import final

from alsmodels.data.readers.text_form import TextForm
from alsmodels.errors import ReadError, shown

__all__ = ["DELIMITERS", "MARK", "TextSource", "find_delimiter", "open_source"]

DELIMITERS = (",", ";", "\t", "|")
MARK = codecs.BOM_UTF8
_MARKS: Mapping[bytes, str] = MappingProxyType(
    {
        codecs.BOM_UTF32_LE: "utf-32",
        codecs.BOM_UTF32_BE: "utf-32",
        codecs.BOM_UTF16_LE: "utf-16",
        codecs.BOM_UTF16_BE: "utf-16",
    }
)
_SEPARATOR_LINE = re.compile(rb'\A"?sep=(.)"?[ \t]*(?:\r\n|\n|\r|\Z)', re.IGNORECASE)
_QUOTED = re.compile(r'"[^"]*"')
_FIRST_PART = 1 << 20
# Letters of Western European languages and signs that stand in tables of theirs, as cp1252 has them.
_LETTERS = "ÀÁÂÃÄÅÆÇÈÉÊËÌÍÎÏÑÒÓÔÕÖØÙÚÛÜßàáâãäåæçèéêëìíîïñòóôõöøùúûüÿ"
_SIGNS = "°µ±²³·§–—‘’“”„€…\N{NO-BREAK SPACE}"
_IN_WORD = re.compile(rf"(?:(?<=[A-Za-z{_LETTERS}])|(?=[{_LETTERS}]{{1,2}}[A-Za-z]))[{_LETTERS}]")
# Cyrillic and Greek words are of such letters alone; DOS and Macintosh have letters where cp1252 has these signs.
_FOREIGN = re.compile(rf"[{_LETTERS}]{{3}}|[A-Za-z][–—‘“”„€…][A-Za-z]")
_UTF_8_LETTER = re.compile(rb"[\xc3-\xf4][\x80-\xbf]")
_SHOWN_WORDS = 3


@final
@dataclass(frozen=True, slots=True)
class TextSource:
    """The text of a table.

    Parameters
    ----------
    path : Path
        The file.
    content : bytes
        Its text in UTF-8, without a line that names the delimiter.
    delimiter : str
        The sign between cells.
    encoding : str or None
        The encoding where it was found and is not UTF-8; else None.
    assumed : tuple of str
        Words that are read so because of an encoding that nothing but themselves tells.
    is_named : bool, default False
        Whether the delimiter stood in a first line such as ``sep=;``.
    """

    path: Path
    content: bytes
    delimiter: str
    encoding: str | None = None
    assumed: tuple[str, ...] = ()
    is_named: bool = False


def open_source(path: Path, form: TextForm) -> TextSource:
    """Read a file as text, as its form or its bytes say.

    Raises
    ------
    ReadError
        If the file cannot be opened, its encoding cannot be told, or two delimiters may be meant.
    """
    try:
        content = path.read_bytes()
    except OSError as reason:
        raise ReadError(f"{path} cannot be opened: {reason.strerror}.") from reason
    source = _decoded(TextSource(path, content, ","), form.encoding)
    return _delimited(source, form.sign)


def _decoded(source: TextSource, said: str | None) -> TextSource:
    content, marked = source.content, _marked(source.content)
    if said is not None:
        return _decoded_as_said(source, said)
    if marked is not None:
        return replace(source, content=_decode(source, marked), encoding=marked.upper())
    if content.isascii() or _is_utf8(content):
        return source
    words = _western_words(content)
    if words is None:
        raise ReadError(_unknown(source))
    return replace(source, content=content.decode("cp1252").encode(), encoding="cp1252", assumed=words)


def _decoded_as_said(source: TextSource, said: str) -> TextSource:
    name = codecs.lookup(said).name
    if source.content.startswith(MARK) and name not in {"utf-8", "utf-8-sig"}:
        raise ReadError(f"{source.path} begins with the byte order mark of UTF-8; leave out encoding={shown(said)}.")
    return replace(source, content=_decode(source, "utf-8-sig" if name == "utf-8" else said))


def _decode(source: TextSource, encoding: str) -> bytes:
    try:
        return source.content.decode(encoding).encode()
    except UnicodeDecodeError as reason:
        line = source.content.count(b"\n", 0, reason.start) + 1
        raise ReadError(
            f"{source.path} is not text in {encoding} (byte {reason.start + 1}, in line {line}); say another encoding, "
            "or save it again as CSV with encoding UTF-8."
        ) from reason
    except UnicodeEncodeError as reason:
        raise ReadError(f"{source.path} holds half a character; save it again as CSV with encoding UTF-8.") from reason


def _marked(content: bytes) -> str | None:
    return next((name for mark, name in _MARKS.items() if content.startswith(mark)), None)


def _is_utf8(content: bytes) -> bool:
    try:
        content.decode()
    except UnicodeDecodeError:
        return False
    return True


def _western_words(content: bytes) -> tuple[str, ...] | None:
    """Words of a text that can well be cp1252; None if it can not, or if part of it is UTF-8."""
    if b"\0" in content or _UTF_8_LETTER.search(content):
        return None
    try:
        text = content.decode("cp1252")
    except UnicodeDecodeError:
        return None
    others = set(_IN_WORD.sub("", text))
    if _FOREIGN.search(text) or not all(sign.isascii() or sign in _SIGNS for sign in others):
        return None
    words = dict.fromkeys(word for word in re.findall(r"[^\s,;|\"]+", text) if not word.isascii())
    return tuple(words)[:_SHOWN_WORDS]


def _unknown(source: TextSource) -> str:
    content = source.content
    again = "save it again as CSV with encoding UTF-8, or say what it is, such as encoding='cp1252'"
    try:
        content.decode()
    except UnicodeDecodeError as reason:
        line = content.count(b"\n", 0, reason.start) + 1
        return f"{source.path} is not UTF-8 text (byte {reason.start + 1}, in line {line}); {again}."
    return f"{source.path} is not UTF-8 text; {again}."


def _delimited(source: TextSource, said: str | None) -> TextSource:
    line = _SEPARATOR_LINE.match(source.content.removeprefix(MARK)[:100])
    if line is not None:
        named = line[1].decode("ascii", errors="replace")
        if said not in {None, named} or named not in DELIMITERS:
            raise ReadError(
                f"{source.path}: the first line says that {shown(named)} is between cells; take that line away, and "
                "say delimiter=... if need be."
            )
        content = source.content.removeprefix(MARK)[line.end() :]
        return replace(source, content=content, delimiter=named, is_named=True)
    return replace(source, delimiter=said or find_delimiter(source.content, source.path))


def find_delimiter(content: bytes, path: Path) -> str:
    """Find the delimiter: of those that may be, the one that the first line has most of, outside quotes."""
    lines = content[:_FIRST_PART].decode(errors="replace").splitlines()
    first = _QUOTED.sub("", next((line for line in lines if line.strip()), ""))
    counts = {sign: first.count(sign) for sign in DELIMITERS}
    most = max(counts.values())
    likely = [sign for sign, count in counts.items() if count == most and count]
    if len(likely) > 1:
        raise ReadError(
            f"{path}: the first line has {most} {' and as many '.join(repr(sign) for sign in likely)}, so that either "
            f"may be between cells; say which, such as delimiter={shown(likely[0])}."
        )
    return likely[0] if likely else ","
