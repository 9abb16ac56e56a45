"""Notes of the session as a table."""

from __future__ import annotations

from dataclasses import dataclass

from tradedeck.domain.events import Note
from tradedeck_desktop.kit.figures import day_clock
from tradedeck_desktop.kit.table import Column, RowsModel

MAX_NOTES = 2000


@dataclass(frozen=True, slots=True)
class Line:
    """A note and its place in the sequence."""

    number: int
    note: Note


COLUMNS: list[Column[Line]] = [
    Column("Time (UTC)", lambda line: day_clock(line.note.time_ns), lambda line: line.number, figure=True),
    Column("From", lambda line: line.note.source or "terminal", lambda line: line.note.source),
    Column(
        "What happened",
        lambda line: line.note.text,
        lambda line: line.note.text,
        tone=lambda line: "warn" if line.note.level == "warn" else "",
    ),
]


class NotesModel(RowsModel[Line]):
    """The newest MAX_NOTES notes."""

    def __init__(self) -> None:
        super().__init__(COLUMNS, lambda line: str(line.number))
        self._count = 0

    def add(self, notes: list[Note]) -> None:
        """Add notes at the end; the oldest go when there are too many."""
        lines = [Line(self._count + number, note) for number, note in enumerate(notes, 1)]
        self._count += len(notes)
        if len(self.rows) + len(lines) > MAX_NOTES:
            self.reset([*self.rows, *lines][-MAX_NOTES // 2 :])
        else:
            self.show(lines)
