"""What the two long lists have in common: filters, order of rows, pages, files."""

from __future__ import annotations

import csv
import io
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar
from urllib.parse import urlencode

from fastapi import Request
from fastapi.responses import StreamingResponse

from tradedeck_cloud.web.codec import Wanted
from tradedeck_cloud.web.pages.frame import mode_of

PAGE = 100
EXPORT_PAGE = 500
MAX_EXPORT_PAGES = 2000
"""A million rows: a spreadsheet holds no more."""
_FILTERS = ("symbol", "state", "source", "mode", "client_order_id")
_RISKY = ("=", "+", "-", "@", "\t", "\r")
Line = TypeVar("Line")


@dataclass(frozen=True, slots=True)
class Column(Generic[Line]):
    """A column people can sort by."""

    key: str
    title: str
    value: Callable[[Line], Any]
    number: bool = False


@dataclass(frozen=True, slots=True)
class Query:
    """What the address of a list asks for."""

    path: str
    wanted: Wanted
    token: str
    sort: str
    falling: bool

    def link(self, **changes: str) -> str:
        """The address of the same list with something changed; what is empty is left out."""
        fields = {name: getattr(self.wanted, name) for name in _FILTERS}
        fields |= {"page": self.token, "sort": self.sort, "dir": "down" if self.falling else ""}
        kept = {name: value for name, value in (fields | changes).items() if value}
        return f"{self.path}?{urlencode(kept)}" if kept else self.path

    def sort_link(self, key: str) -> str:
        """Sort by a column; once more turns it round."""
        turned = self.sort == key and not self.falling
        return self.link(sort=key, dir="down" if turned else "")

    @property
    def filtered(self) -> bool:
        """Whether anything is left out."""
        return self.wanted != Wanted()


def query_of(request: Request, path: str) -> Query:
    """Read the address.

    Raises:
        RefusedError: no such mode.
    """
    asked = request.query_params
    wanted = Wanted(
        symbol=asked.get("symbol", "").strip().upper(),
        state=asked.get("state", ""),
        source=asked.get("source", "").strip(),
        mode=mode_of(request, ""),
        client_order_id=asked.get("client_order_id", "").strip(),
    )
    return Query(path, wanted, asked.get("page", ""), asked.get("sort", ""), asked.get("dir") == "down")


def arranged(lines: Sequence[Line], columns: Sequence[Column[Line]], query: Query) -> list[Line]:
    """The page's rows by the column asked for; as they came without one. Rows without a value come last."""
    column = next((column for column in columns if column.key == query.sort), None)
    if column is None:
        return list(lines)
    valued = [line for line in lines if column.value(line) is not None]
    rest = [line for line in lines if column.value(line) is None]
    return sorted(valued, key=column.value, reverse=query.falling) + rest


def csv_file(name: str, titles: Sequence[str], rows: AsyncIterator[Iterable[Any]]) -> StreamingResponse:
    """A file of all rows, sent as they are read."""

    async def written() -> AsyncIterator[str]:
        yield _csv_line(titles)
        async for row in rows:
            yield _csv_line(row)

    disposition = f'attachment; filename="{name}"'
    return StreamingResponse(written(), media_type="text/csv", headers={"content-disposition": disposition})


def _csv_line(row: Iterable[Any]) -> str:
    line = io.StringIO()
    csv.writer(line).writerow([_harmless(str(cell)) for cell in row])
    return line.getvalue()


def _harmless(cell: str) -> str:
    """Text that a spreadsheet won't take for a formula; amounts stay amounts."""
    is_amount = cell.lstrip("-").replace(".", "", 1).isdigit()
    return f"'{cell}" if cell.startswith(_RISKY) and not is_amount else cell
