"""A stranger's source before anything parses it: its size, its signs, its names, how deep it nests."""

from __future__ import annotations

import io
import tokenize
import unicodedata
from collections.abc import Iterator

from tradedeck.compile.subset import MAX_DEPTH, SubsetError

MAX_BYTES = 65_536
"""No source is longer."""
MAX_WORDS = 400
"""No statement has more words and signs: the parser's own depth is at most that."""
MAX_INDENTS = 12
"""No block is indented deeper."""
MAX_ELIFS = 200
"""All `elif` of a source: each nests within the one before."""


def check_spelling(text: str) -> None:
    """Raise SubsetError unless `text` is safe to hand to Python's parser."""
    try:
        size = len(text.encode())
    except UnicodeEncodeError as error:
        line = text.count("\n", 0, error.start) + 1
        raise SubsetError(line, "this holds half a character; save the file as UTF-8") from None
    if size > MAX_BYTES:
        raise SubsetError(1, f"the source is longer than {MAX_BYTES // 1024} KiB; keep to one strategy")
    for number, line in enumerate(text.replace("\r\n", "\n").split("\n"), 1):
        _check_signs(number, line)
    _check_words(text)


def _check_signs(number: int, line: str) -> None:
    """Signs nobody sees can make code read otherwise than it runs."""
    for sign in line:
        if sign != "\t" and unicodedata.category(sign) in ("Cc", "Cf", "Cn", "Co", "Zl", "Zp"):
            raise SubsetError(number, f"an invisible sign (U+{ord(sign):04X}) is not allowed; take it out")


def _check_words(text: str) -> None:
    words, depth, indents, elifs = 0, 0, 0, 0
    for token in _tokens(text):
        line, word = token.start[0], token.string
        if token.type in (tokenize.NEWLINE, tokenize.ENDMARKER):
            words = 0
        words += token.type not in (tokenize.COMMENT, tokenize.NL)
        indents += (token.type == tokenize.INDENT) - (token.type == tokenize.DEDENT)
        depth += (token.type == tokenize.OP) * ((word in "([{") - (word in ")]}"))
        elifs += word == "elif"
        _check_word(token, line)
        if depth > MAX_DEPTH:
            raise SubsetError(line, f"brackets are nested more than {MAX_DEPTH} deep; give a part of it a name")
        if words > MAX_WORDS:
            raise SubsetError(line, f"a statement has more than {MAX_WORDS} words; cut it into several")
        if indents > MAX_INDENTS:
            raise SubsetError(line, f"blocks are nested more than {MAX_INDENTS} deep; move the inner ones to a method")
        if elifs > MAX_ELIFS:
            raise SubsetError(line, f"there are more than {MAX_ELIFS} elif; use plain if, or several methods")


def _check_word(token: tokenize.TokenInfo, line: int) -> None:
    word = token.string
    if token.type == tokenize.NAME and not word.isascii():
        raise SubsetError(line, f"the name {word!r} has letters that only look like others; use a to z")
    if token.type == tokenize.STRING and "f" in word[: word.index(word[-1])].lower():
        raise SubsetError(line, "a text with values is not in the subset; write the text out")
    if token.type == getattr(tokenize, "FSTRING_START", -1):
        raise SubsetError(line, "a text with values is not in the subset; write the text out")


def _tokens(text: str) -> Iterator[tokenize.TokenInfo]:
    """The words of a source up to where it stops being Python; the parser tells what is wrong there."""
    try:
        yield from tokenize.generate_tokens(io.StringIO(text).readline)
    except (tokenize.TokenError, SyntaxError):
        return
