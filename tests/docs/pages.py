"""Code blocks of a Markdown page."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
_BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Block:
    """One fenced block: the word after the fence, and what is in it."""

    language: str
    text: str


def blocks(page: str) -> list[Block]:
    """Of a page under docs, in their order."""
    text = (ROOT / "docs" / page).read_text()
    return [Block(match[1], match[2]) for match in _BLOCK.finditer(text)]
