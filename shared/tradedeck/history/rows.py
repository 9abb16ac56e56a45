"""Rows of a CSV, a gzipped CSV or a Parquet file, one after another, with where each came from."""

from __future__ import annotations

import csv
import gzip
import zlib
from collections.abc import Iterator, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any, TextIO

from tradedeck.domain.errors import CorruptError, NotFoundError, RefusedError, UnavailableError
from tradedeck.history.columns import DUMP_BARS, DUMP_TRADES, ColumnError, Columns, columns_of

_BATCH_ROWS = 8192
_DUMP_BAR_CELLS = 12
_PARQUET = b"PAR1"
_GZIP = b"\x1f\x8b"


def corrupt(path: Path, where: str, why: object) -> CorruptError:
    """The error for a file that can't be trusted."""
    place = f"{path.name}, {where}" if where else path.name
    return CorruptError(f"{place}: {why}; get the file again or repair that place", code="history.corrupt")


def open_rows(path: Path) -> tuple[Columns, Iterator[tuple[int, Sequence[object]]]]:
    """The columns of a file, and its rows with their line (CSV) or row (Parquet) numbers from 1.

    Raises:
        NotFoundError: no such file.
        RefusedError: not a market file, or Parquet without the extra that reads it.
        CorruptError: empty, cut short or damaged.
    """
    magic = _magic(path)
    if not magic:
        raise corrupt(path, "", "the file is empty")
    if magic == _PARQUET:
        return _parquet(path)
    lines = _csv(path, zipped=magic.startswith(_GZIP))
    found = next(lines, None)
    if found is None:
        raise corrupt(path, "", "the file has no rows")
    number, first = found
    if not _is_number(first[0]):
        return _columns(path, first), lines
    dump = {_DUMP_BAR_CELLS: DUMP_BARS, len(DUMP_TRADES): DUMP_TRADES}.get(len(first))
    if dump is None:
        raise RefusedError(f"{path.name} has no header; name its columns in the first line", code="history.header")
    return _columns(path, dump), _again(number, first, lines)


def _magic(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(len(_PARQUET))
    except FileNotFoundError:
        raise NotFoundError(f"there is no file {path}; check the path", code="history.no_file") from None
    except IsADirectoryError:
        raise RefusedError(f"{path} is a folder; name a CSV or Parquet file", code="history.folder") from None
    except OSError as error:
        raise UnavailableError(f"{path} can't be read: {error.strerror}", code="history.unreadable") from error


def _columns(path: Path, header: Sequence[str]) -> Columns:
    try:
        return columns_of(header)
    except ColumnError as error:
        raise RefusedError(f"{path.name}: {error}", code="history.columns") from None


def _is_number(cell: str) -> bool:
    return cell.strip().removeprefix("-").replace(".", "", 1).isdigit()


def _again(number: int, row: list[str], rest: Iterator[tuple[int, list[str]]]) -> Iterator[tuple[int, list[str]]]:
    yield number, row
    yield from rest


def _csv(path: Path, *, zipped: bool) -> Iterator[tuple[int, list[str]]]:
    line = 0
    try:
        with _text(path, zipped=zipped) as file:
            for line, row in enumerate(csv.reader(file, strict=True), 1):
                if row:
                    yield line, row
    except UnicodeDecodeError:
        raise corrupt(path, f"after line {line}", "this is not text") from None
    except (EOFError, gzip.BadGzipFile, zlib.error):
        raise corrupt(path, f"after line {line}", "the compressed file is cut short or damaged") from None
    except csv.Error as error:
        raise corrupt(path, f"line {line + 1}", error) from None


def _text(path: Path, *, zipped: bool) -> TextIO:
    if zipped:
        return gzip.open(path, "rt", encoding="utf-8", newline="")
    return path.open(encoding="utf-8", newline="")


def _parquet(path: Path) -> tuple[Columns, Iterator[tuple[int, Sequence[object]]]]:
    try:
        parquet: Any = import_module("pyarrow.parquet")
    except ImportError:
        raise RefusedError(
            f"{path.name} is Parquet; install what reads it with: pip install 'tradedeck[history]'",
            code="history.no_parquet",
        ) from None
    errors: Any = import_module("pyarrow").ArrowException
    try:
        file: Any = parquet.ParquetFile(path)
    except (errors, OSError) as error:
        raise corrupt(path, "", str(error).splitlines()[0]) from None
    return _columns(path, [str(name) for name in file.schema_arrow.names]), _batches(path, file, errors)


def _batches(path: Path, file: Any, errors: Any) -> Iterator[tuple[int, Sequence[object]]]:
    row = 0
    try:
        for batch in file.iter_batches(batch_size=_BATCH_ROWS):
            cells = [_cells(column) for column in batch.columns]
            for values in zip(*cells, strict=True):
                row += 1
                yield row, values
    except (errors, OSError) as error:
        raise corrupt(path, f"after row {row}", str(error).splitlines()[0]) from None


def _cells(column: Any) -> list[object]:
    kind = str(column.type)
    if kind.startswith(("timestamp", "date")):
        # One unit for all, and told as nanoseconds by its magnitude.
        arrow: Any = import_module("pyarrow")
        column = column.cast(arrow.timestamp("ns")).cast(arrow.int64())
    return list(column.to_pylist())
