"""Reads the corpus: sources that must be refused, each with the line that tells why.

A file holds sections. `=== bar, each line` makes a case of every line, put into `on_bar` of an honest strategy
(`setup`, `class` and `module` likewise). `\\n` in a line breaks it, and `# !` marks the part that is refused where
that is not the first. Any other title begins a whole source, whose refused line ends in `# !` (line 1 where none does).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent
HONEST = """from __future__ import annotations

import math

from tradedeck.ports.strategy import BarView, FillView, Setup, Strategy

LEVEL = 0.5
@module

class Mine(Strategy):
    WIDE = 3.0

    def setup(self, setup: Setup) -> None:
        self.fast = setup.sma(5)
        self.turns = setup.integer("turns", 3, low=1, high=10)
        self.huge = setup.integer("huge", 3, low=1, high=1000000)
        self.deep = setup.integer("deep", 3, low=-1000000, high=10)
        self.level = 0.0
        self.count = 0
        self.cells = [0.0] * 8
        self.mode = setup.choice("mode", "calm", ("calm", "wild"))
@setup

    def on_bar(self, bar: BarView) -> None:
        self.count += 1
@bar

@class
"""
INDENTS = {"module": "", "setup": " " * 8, "bar": " " * 8, "class": " " * 4}


@dataclass(frozen=True, slots=True)
class Case:
    """A source, what to call it, and the line that must be refused."""

    title: str
    text: str
    line: int


def placed(where: str, code: str) -> tuple[str, int]:
    """`code` within an honest source, and its first line there."""
    text, line = HONEST, 0
    for place, indent in INDENTS.items():
        lines = code.splitlines() if place == where else []
        before, text = text, text.replace(f"@{place}", "\n".join(indent + one for one in lines))
        if place == where:
            marked = next((number for number, one in enumerate(lines) if one.endswith("# !")), 0)
            line = before[: before.index(f"@{place}")].count("\n") + 1 + marked
    return text, line


def cases(folder: Path = HERE) -> Iterator[Case]:
    """Every case of a corpus."""
    for path in sorted(folder.glob("*.py.txt")):
        for section in path.read_text(encoding="utf-8").split("=== ")[1:]:
            title, _, body = section.partition("\n")
            where, _, each = title.partition(", ")
            if each == "each line":
                for code in filter(None, body.splitlines()):
                    yield Case(f"{where}: {code}", *placed(where, code.replace("\\n", "\n")))
            else:
                marked = [number for number, line in enumerate(body.splitlines(), 1) if line.endswith("# !")]
                yield Case(title, body, marked[0] if marked else 1)
