"""Out of the catalogue into one file: CSV, gzipped CSV, Parquet or Feather, told by its name."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from tradedeck.domain.errors import NotFoundError, RefusedError, UnavailableError
from tradedeck.history.batches import BATCH_ROWS, arrow
from tradedeck.history.catalogue import Catalogue, Key

FORMATS = (".csv", ".csv.gz", ".parquet", ".feather")


def export(catalogue: Catalogue, key: Key, target: Path, start_ns: int = 0, end_ns: int = 0) -> int:
    """Write the rows of `key` from `start_ns` to before `end_ns` (UTC nanoseconds; 0: no bound); says how many.

    The file takes its place when it is whole. Times in a CSV are ISO dates in UTC, exact to the nanosecond.

    Raises:
        RefusedError: the name has another ending, or the file is there already.
        NotFoundError: there are no rows in that time.
        UnavailableError: the file can't be written.
    """
    if not target.name.endswith(FORMATS):
        raise RefusedError(f"{target.name} must end in one of {', '.join(FORMATS)}", code="history.format")
    if target.exists():
        raise RefusedError(f"{target} is there already; remove it or choose another name", code="history.exists")
    aside = target.with_name(f".{target.name}.part")
    rows = 0
    try:
        with ExitStack() as stack:
            writer: Any = None
            for table in _tables(catalogue, key, start_ns, end_ns):
                if writer is None:
                    writer = stack.enter_context(_writer(stack, aside, target.name, table.schema))
                writer.write_table(table)
                rows += table.num_rows
        if not rows:
            raise NotFoundError(f"there are no rows of {key} in that time", code="history.nothing")
        aside.rename(target)
    except OSError as error:
        raise UnavailableError(f"{target} can't be written: {error.strerror or error}", code="history.disk") from error
    finally:
        aside.unlink(missing_ok=True)
    return rows


def _tables(catalogue: Catalogue, key: Key, start_ns: int, end_ns: int) -> Iterator[Any]:
    pa, pc, parquet = arrow(), arrow("compute"), arrow("parquet")
    for path in catalogue.parts_between(key, start_ns, end_ns):
        for batch in parquet.ParquetFile(path).iter_batches(batch_size=BATCH_ROWS, use_threads=False):
            table = pa.Table.from_batches([batch])
            times = pc.cast(table.column("ts"), pa.int64())
            inside = pc.greater_equal(times, start_ns)
            if end_ns:
                inside = pc.and_(inside, pc.less(times, end_ns))
            table = table.filter(inside)
            if table.num_rows:
                yield table.cast(pa.schema([_plain(field) for field in table.schema]))


def _plain(field: Any) -> Any:
    """Dictionaries as the text that they stand for: CSV knows nothing else."""
    pa = arrow()
    return field.with_type(pa.string()) if pa.types.is_dictionary(field.type) else field


def _writer(stack: ExitStack, aside: Path, name: str, schema: Any) -> Any:
    if name.endswith(".parquet"):
        return arrow("parquet").ParquetWriter(aside, schema, compression="zstd")
    pa = arrow()
    if name.endswith(".feather"):
        options = pa.ipc.IpcWriteOptions(compression="zstd")
        return pa.ipc.new_file(stack.enter_context(pa.OSFile(str(aside), "wb")), schema, options=options)
    pcsv = arrow("csv")
    packed = "gzip" if name.endswith(".gz") else None
    sink = stack.enter_context(pa.output_stream(str(aside), compression=packed))
    return pcsv.CSVWriter(sink, schema, write_options=pcsv.WriteOptions(quoting_style="none"))
