"""Code blocks of a Markdown page."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
_BLOCK = re.compile(r"^```(\w*) ?(\S*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Block:
    """One fenced block: its language, the name of a file where one is given, and what is in it."""

    language: str
    file: str
    text: str


def blocks(page: str) -> list[Block]:
    """Of a page under docs, in their order."""
    text = (ROOT / "docs" / page).read_text()
    return [Block(*match.groups()) for match in _BLOCK.finditer(text)]


def like(shown: str) -> re.Pattern[str]:
    """What an output must look like: the shown lines, where `…` stands for anything."""
    return re.compile(".*".join(re.escape(part) for part in shown.strip().split("…")), re.DOTALL)
