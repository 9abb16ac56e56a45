"""Market files as Arrow batches: CSV (plain, gzipped, zipped), Parquet, Feather. Bounded memory, whatever the size.

Needs pyarrow, which is imported only when a file is opened.
"""

from __future__ import annotations

import csv
import gzip
import io
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any, BinaryIO, cast

from tradedeck.domain.errors import CorruptError, NotFoundError, RefusedError, UnavailableError
from tradedeck.history.columns import (
    DUMP_BARS,
    DUMP_TRADES,
    ColumnError,
    Columns,
    columns_of,
    decimal_of,
    rate_column,
    time_ns_of,
)
from tradedeck.history.rows import corrupt, open_rows

BATCH_ROWS = 65_536
BLOCK_BYTES = 1 << 18
_MAGIC_BYTES = 8
_DUMPS: Mapping[int, tuple[str, ...]] = {
    12: (*DUMP_BARS, "close_time", "quote_volume", "count", "taker_buy_volume", "taker_buy_quote_volume", "ignore"),
    len(DUMP_TRADES): DUMP_TRADES,
    8: ("agg_trade_id", "price", "quantity", "first_id", "last_id", "time", "is_buyer_maker", "is_best_match"),
    6: ("id", "price", "qty", "quote_qty", "time", "is_buyer_maker"),
}
"""The venue's own dumps without a header, told by how many columns they have."""


@dataclass(frozen=True, slots=True)
class Batch:
    """Some rows of a file; `row` is the number of the first as messages name it."""

    row: int
    table: Any


@dataclass(frozen=True, slots=True)
class Source:
    """An open market file: where its columns are, and its rows in batches. `path` names the part of a zip too."""

    path: Path
    names: tuple[str, ...]
    columns: Columns | None
    """None where it is neither bars nor trades but still has a time: recorded depth, quotes, funding rates."""
    batches: Iterator[Batch]
    rows: int = 0
    """How many rows at most, 0 where the file does not say."""


def arrow(part: str = "") -> Any:
    """pyarrow, or one of its modules.

    Raises:
        RefusedError: it is not installed.
    """
    try:
        return import_module(f"pyarrow.{part}" if part else "pyarrow")
    except ImportError:
        raise RefusedError(
            "this needs pyarrow and numpy; install them with: pip install 'tradedeck[research]'",
            code="history.no_arrow",
        ) from None


def open_source(path: Path, start_ns: int = 0, end_ns: int = 0) -> Source:
    """A file with all its rows, in order. A zip must hold one file.

    A Parquet file may leave out row groups that lie wholly outside `start_ns` to `end_ns` (0: no bound).

    Raises:
        NotFoundError: no such file.
        RefusedError: not a market file, or pyarrow is not installed.
        CorruptError: it is empty or damaged.
    """
    magic = _magic(path)
    if not magic:
        raise corrupt(path, "", "the file is empty")
    errors = (arrow().ArrowException, OSError, EOFError, zipfile.BadZipFile)
    try:
        if magic.startswith(b"PAR1"):
            return _parquet(path, start_ns, end_ns)
        if magic.startswith((b"ARROW1", b"\xff\xff\xff\xff")):
            return _feather(path, stream=not magic.startswith(b"ARROW1"))
        if magic.startswith(b"FEA1"):
            raise RefusedError(f"{path.name} is Feather of version 1; write it anew", code="history.format")
        return _csv(path, magic)
    except errors as error:
        raise _damaged(path, 0, error) from None


def table_source(table: Any) -> Source:
    """A pyarrow table as if it were a file called "the table".

    Raises:
        RefusedError: it holds no market.
    """
    path = Path("the table")
    names = tuple(str(name) for name in table.schema.names)
    pieces = iter(table.to_batches(max_chunksize=BATCH_ROWS))
    return Source(path, names, columns_in(path, names), _guarded(path, pieces, 1), table.num_rows)


def columns_in(path: Path, names: tuple[str, ...]) -> Columns | None:
    """Where bars or trades are among `names`; None for other records that have a time.

    Raises:
        RefusedError: no time, or no known columns.
    """
    lowered = {name.strip().lower() for name in names}
    # A change of a book has a side, a price and a size as a trade does, and the number of the update too.
    if {"side", "price", "size", "u"} <= lowered:
        return None
    try:
        return columns_of(names)
    except ColumnError as error:
        if {"bid", "ask"} <= lowered or rate_column(names) >= 0:
            return None
        raise RefusedError(f"{path.name}: {error}", code="history.columns") from None


def _magic(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(_MAGIC_BYTES)
    except FileNotFoundError:
        raise NotFoundError(f"there is no file {path}; check the path", code="history.no_file") from None
    except IsADirectoryError:
        raise RefusedError(f"{path} is a folder; name a file", code="history.folder") from None
    except OSError as error:
        raise UnavailableError(f"{path} can't be read: {error.strerror}", code="history.unreadable") from error


def _damaged(path: Path, row: int, error: Exception) -> CorruptError:
    first_line = (str(error).splitlines() or ["it can't be read"])[0]
    return corrupt(path, f"after row {row}" if row else "", first_line)


def _guarded(path: Path, tables: Iterator[Any], first_row: int) -> Iterator[Batch]:
    row = first_row
    errors = (arrow().ArrowException, OSError, EOFError, zipfile.BadZipFile, gzip.BadGzipFile)
    try:
        for table in tables:
            if table.num_rows:
                yield Batch(row, table)
                row += table.num_rows
    except UnicodeDecodeError:
        raise corrupt(path, f"after row {row - 1}", "this is not text") from None
    except errors as error:
        text = not isinstance(error, OSError) and path.suffix in (".csv", ".gz", ".txt")
        raise (_bad_cell(path) if text else None) or _damaged(path, row - 1, error) from None


def _parquet(path: Path, start_ns: int, end_ns: int) -> Source:
    file = arrow("parquet").ParquetFile(path, pre_buffer=False)
    names = tuple(str(name) for name in file.schema_arrow.names)
    columns = columns_in(path, names)
    groups = list(range(file.metadata.num_row_groups))
    if columns and (start_ns or end_ns):
        groups = [g for g in groups if _overlaps(file.metadata.row_group(g), names[columns.time], start_ns, end_ns)]
    rows = sum(file.metadata.row_group(group).num_rows for group in groups)
    tables = file.iter_batches(batch_size=BATCH_ROWS, row_groups=groups, use_threads=False) if groups else iter(())
    return Source(path, names, columns, _guarded(path, tables, 1), rows)


def _overlaps(group: Any, time: str, start_ns: int, end_ns: int) -> bool:
    """Whether a row group may hold rows in between, by its statistics; yes where they do not say."""
    for index in range(group.num_columns):
        column = group.column(index)
        if column.path_in_schema == time and column.statistics and column.statistics.has_min_max:
            low, high = (_stat_ns(value) for value in (column.statistics.min, column.statistics.max))
            return low is None or high is None or (high >= start_ns and (not end_ns or low < end_ns))
    return True


def _stat_ns(value: object) -> int | None:
    """A statistic as UTC nanoseconds; None where its unit is not certain."""
    if hasattr(value, "timestamp"):
        return int(cast(Any, value).timestamp() * 1_000_000) * 1000
    return None


def _feather(path: Path, *, stream: bool) -> Source:
    pa = arrow()
    if stream:
        reader = pa.ipc.open_stream(pa.memory_map(str(path)))
        tables = iter(reader)
    else:
        reader = pa.ipc.open_file(pa.memory_map(str(path)))
        tables = (reader.get_batch(index) for index in range(reader.num_record_batches))
    names = tuple(str(name) for name in reader.schema.names)
    pieces = (table.slice(at, BATCH_ROWS) for table in tables for at in range(0, table.num_rows, BATCH_ROWS))
    return Source(path, names, columns_in(path, names), _guarded(path, pieces, 1))


def _csv(path: Path, magic: bytes) -> Source:
    with closing(_bytes(path, magic)) as file:
        lines = csv.reader(io.TextIOWrapper(file, encoding="utf-8-sig", newline=""))
        try:
            first, second = (next(lines, list[str]()) for _ in range(2))
        except UnicodeDecodeError:
            raise corrupt(path, "", "this is not text") from None
    if not first:
        raise corrupt(path, "", "the file has no rows")
    headed = not _is_number(first[0])
    names = tuple(name.strip() for name in first) if headed else _DUMPS.get(len(first))
    if names is None:
        raise RefusedError(f"{path.name} has no header; name its columns in the first line", code="history.header")
    columns = columns_in(path, names)
    sample = second if headed else first
    return Source(path, names, columns, _guarded(path, _csv_tables(path, magic, names, headed, columns, sample),
                                                 2 if headed else 1))  # fmt: skip


def _csv_tables(
    path: Path, magic: bytes, names: tuple[str, ...], headed: bool, columns: Columns | None, sample: list[str]
) -> Iterator[Any]:
    pa, pcsv = arrow(), arrow("csv")
    types: dict[str, Any] = {}
    wanted: list[str] = []
    if columns:
        time_cell = sample[columns.time].strip() if columns.time < len(sample) else ""
        types = {names[at]: pa.float64() for at in columns.amounts}
        types[names[columns.time]] = pa.int64() if time_cell.isdigit() else pa.string()
        types |= {names[at]: pa.string() for at in (columns.id, columns.side, columns.buyer_makes) if at >= 0}
        wanted = list(types)
    with closing(_bytes(path, magic)) as file:
        yield from pcsv.open_csv(
            file,
            read_options=pcsv.ReadOptions(
                block_size=BLOCK_BYTES, column_names=list(names), skip_rows=int(headed), use_threads=False
            ),
            convert_options=pcsv.ConvertOptions(column_types=types, include_columns=wanted, strings_can_be_null=True),
        )


def _bad_cell(path: Path) -> CorruptError | None:
    """The first cell of a CSV that is no number or no time, found by the exact reader; None where it finds none."""
    columns, rows = open_rows(path)
    for number, row in rows:
        try:
            time_ns_of(row[columns.time])
            for at in columns.amounts:
                decimal_of(row[at])
        except (ColumnError, IndexError) as error:
            why = "the row is too short" if isinstance(error, IndexError) else error
            return corrupt(path, f"row {number}", why)
    return None


def _bytes(path: Path, magic: bytes) -> BinaryIO:
    """The text of a CSV as bytes, unpacked as it is read."""
    if magic.startswith(b"\x1f\x8b"):
        return cast(BinaryIO, gzip.open(path, "rb"))
    if magic.startswith(b"PK"):
        archive = zipfile.ZipFile(path)
        inside = [name for name in archive.namelist() if not name.endswith("/")]
        if len(inside) != 1:
            raise RefusedError(f"{path.name} holds {len(inside)} files; unpack it and name them", code="history.zip")
        return cast(BinaryIO, archive.open(inside[0]))
    return path.open("rb")


def _is_number(cell: str) -> bool:
    return cell.strip().removeprefix("-").replace(".", "", 1).isdigit()
