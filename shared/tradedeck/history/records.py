"""Recorded depth and quotes in the catalogue: their own columns, in the order they arrived."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from tradedeck.domain.errors import ConflictError, RefusedError
from tradedeck.history.batches import Source, arrow, open_source
from tradedeck.history.catalogue import TICK, Catalogue, Key, periods_of
from tradedeck.history.columns import time_column
from tradedeck.history.frames import times_in
from tradedeck.history.merging import Counts
from tradedeck.history.staging import flush, staging

_ROW_GROUP = 131_072


def import_records(
    catalogue: Catalogue,
    paths: Sequence[Path],
    venue: str,
    symbol: str,
    kind: str,
    *,
    repair: bool,
    progress: Callable[[str, int], None],
) -> tuple[Key, Counts]:
    """Take recorded depth or quotes into the catalogue, by day, with every column they have.

    A day that is there is refused, or with `repair` replaced.

    Raises:
        RefusedError: not such records, or files with different columns.
        ConflictError: rows of that day are there.
        CorruptError: a row has no time, or the file is damaged.
    """
    kind = kind or _kind_of(open_source(paths[0]))
    key = Key(kind, venue, symbol, TICK)
    counts = Counts()
    with staging(catalogue.folder) as files:
        writers = _Writers(files / key.folder)
        try:
            for path in paths:
                for day, table in _by_day(key, open_source(path)):
                    writers.write(day, table)
                    counts.rows += table.num_rows
                    progress(path.name, counts.rows)
        finally:
            writers.close()
        for day in writers.days:
            held = catalogue.folder / key.folder / f"{day}.parquet"
            if held.exists() and not repair:
                raise ConflictError(f"{key} has {day} already; import it with --repair to replace that day",
                                    code="history.conflict")  # fmt: skip
            counts.replaced += arrow("parquet").read_metadata(held).num_rows if held.exists() else 0
            flush(files / key.folder / f"{day}.parquet")
    counts.added = max(counts.rows - counts.replaced, 0)
    return key, counts


class _Writers:
    """One Parquet file for each day, all open until the end: records may lap over midnight."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._open: dict[str, Any] = {}

    @property
    def days(self) -> list[str]:
        return sorted(self._open)

    def write(self, day: str, table: Any) -> None:
        writer = self._open.get(day)
        if writer is None:
            self._folder.mkdir(parents=True, exist_ok=True)
            path = self._folder / f"{day}.parquet"
            writer = self._open[day] = arrow("parquet").ParquetWriter(path, table.schema, compression="zstd")
        if not table.schema.equals(writer.schema):
            raise RefusedError("the files have different columns; import them apart", code="history.columns")
        writer.write_table(table, row_group_size=_ROW_GROUP)

    def close(self) -> None:
        for writer in self._open.values():
            writer.close()


def _kind_of(source: Source) -> str:
    return "quotes" if "bid" in {name.lower() for name in source.names} else "depth"


def _by_day(key: Key, source: Source) -> Iterator[tuple[str, Any]]:
    pa = arrow()
    name = source.names[time_column(source.names)]
    for batch in source.batches:
        times = times_in(source, batch, name)
        table = pa.Table.from_batches([batch.table])
        kept = [column for column in table.column_names if column not in (name, "ts")]
        table = table.select(kept).add_column(0, "ts", pa.array(times, pa.timestamp("ns", "UTC")))
        days = periods_of(key, times)
        for day in np.unique(days):
            yield str(day), table.filter(pa.array(days == day))
