"""Prices a strategy holds beside what it is shown: the one way to know the future that cutting the data can't find."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from tradedeck.history.series import BarSeries, TradeSeries
from tradedeck.ports.strategy import Strategy
from tradedeck.research.truth.findings import Finding, Level

CHECK = "own memory"
_WINDOW = 8
"""So many numbers in a row that are those of the run are no chance."""
_PLACES = 64
_MOST = 2_000_000
_DEPTH = 4
_MANY = 200
"""A strategy with more numbers than this of its own is asked where they come from."""


def memory(strategy: type[Strategy], series: BarSeries) -> Finding:
    """Whether the strategy's module, class or methods hold prices or times of the run's own bars."""
    doubtful = ""
    for name, numbers in held(strategy):
        column = _found_in(numbers, series)
        if column:
            detail = (
                f"{name} holds {len(numbers):,} numbers, among them the {column} of this run's bars: "
                "it may know what comes next whatever it is shown"
            )
            return Finding(CHECK, Level.FAILED, detail)
        if len(numbers) >= _MANY and not doubtful:
            doubtful = (
                f"{name} holds {len(numbers):,} numbers of its own; make sure they were known before the first bar"
            )
    if doubtful:
        return Finding(CHECK, Level.WARNING, doubtful)
    return Finding(CHECK, Level.FINE, "it holds no prices beside those it is shown")


def held(strategy: type[Strategy]) -> Iterator[tuple[str, NDArray[np.float64]]]:
    """Every stretch of numbers that can be reached without running the strategy, by name."""
    seen: dict[int, object] = {}
    for kind in strategy.__mro__:
        if kind.__module__.startswith("tradedeck.") or kind is object:
            continue
        for name, value in list(vars(kind).items()):
            yield from _walk(f"{kind.__name__}.{name}", value, seen, 0)
        module = sys.modules.get(kind.__module__)
        for name, value in list(vars(module).items()) if module else []:
            if not name.startswith("__"):
                yield from _walk(name, value, seen, 0)


def _walk(name: str, value: Any, seen: dict[int, object], depth: int) -> Iterator[tuple[str, NDArray[np.float64]]]:
    if value is None or id(value) in seen or depth > _DEPTH:
        return
    # Kept alive, for the next object could get the place of one that is gone.
    seen[id(value)] = value
    if isinstance(value, BarSeries):
        yield f"{name}.open_ns", value.open_ns.astype(np.float64)
        yield f"{name}.close", value.close
    elif isinstance(value, TradeSeries):
        yield f"{name}.price", value.price
    elif (numbers := numbers_of(value)) is not None:
        yield name, numbers
    else:
        for part, inside in _parts(value):
            yield from _walk(f"{name}{part}", inside, seen, depth + 1)


def numbers_of(value: Any) -> NDArray[np.float64] | None:
    """The numbers in an array, a column or a plain collection, in their order; None for anything else."""
    if isinstance(value, bytes | str | Mapping | type):
        return None
    if not isinstance(value, np.ndarray):
        made = getattr(value, "to_numpy", None)
        try:
            if made is not None:
                value = made()
            elif hasattr(value, "__len__") and hasattr(value, "__iter__") and 0 < len(value) <= _MOST:
                value = np.array(list(value))
            elif hasattr(value, "typecode") or isinstance(value, memoryview):
                value = np.asarray(value)
        except Exception:  # a stranger's object may do anything when asked
            return None
    if not isinstance(value, np.ndarray):
        return None
    array = cast("NDArray[Any]", value)
    # A table's columns one after another, so that each is a stretch.
    return array.ravel(order="F")[:_MOST].astype(np.float64) if array.dtype.kind in "fiub" else None


def _parts(value: Any) -> Iterator[tuple[str, Any]]:
    """What is inside: of mappings keys and values, of functions what they close over, of objects their fields."""
    if isinstance(value, Mapping):
        keys: list[Any] = list(value.keys())  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
        values: list[Any] = list(value.values())  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
        yield " (its keys)", keys
        yield " (its values)", values
    elif isinstance(value, staticmethod | classmethod):
        yield "", value.__wrapped__  # pyright: ignore[reportUnknownMemberType]
    elif isinstance(value, property):
        yield "", value.fget
    elif hasattr(value, "__code__"):
        yield " (a default)", list(value.__defaults__ or ())
        yield " (a default)", dict(value.__kwdefaults__ or {})
        for cell in value.__closure__ or ():
            yield " (what it closes over)", _content(cell)
        yield "", getattr(value, "__wrapped__", None)
    elif isinstance(value, list | tuple | set | frozenset):
        some: list[Any] = list(value)  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
        for place, inside in enumerate(some[:_MANY]):
            yield f"[{place}]", inside
        rows: list[list[Any]] = [list(row) for row in some if isinstance(row, tuple | list)]  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType]
        if len(rows) >= _WINDOW and len({len(row) for row in rows}) == 1:
            for place, column in enumerate(zip(*rows, strict=True)):
                yield f" (column {place})", list(column)
    elif hasattr(value, "__dict__") and not isinstance(value, type) and not _foreign(value):
        for field, inside in list(cast("dict[str, Any]", vars(value)).items()):
            yield f".{field}", inside


def _foreign(value: Any) -> bool:
    """Modules and objects of libraries are not the strategy's memory."""
    return isinstance(value, type(sys)) or type(value).__module__.partition(".")[0] in {
        "tradedeck",
        "builtins",
        "numba",
    }


def _content(cell: Any) -> Any:
    try:
        return cell.cell_contents
    except ValueError:
        return None


def _found_in(numbers: NDArray[np.float64], series: BarSeries) -> str:
    """The name of the column of which `numbers` hold a stretch; empty for none."""
    if len(numbers) < _WINDOW or len(series) < _WINDOW:
        return ""
    columns = {
        "opening times": series.open_ns.astype(np.float64), "closes": series.close, "opens": series.open,
        "highs": series.high, "lows": series.low, "volumes": series.volume, "returns": np.diff(series.close),
        "relative returns": series.close[1:] / series.close[:-1] - 1,
        "log returns": np.diff(np.log(series.close)),
    }  # fmt: skip
    order = np.argsort(numbers, kind="stable")
    ordered = numbers[order]
    for name, column in columns.items():
        for start in np.unique(np.linspace(0, len(column) - _WINDOW, _PLACES).astype(int)):
            window = column[start : start + _WINDOW]
            # Bars that stand still would be found in any list of zeros.
            if len(np.unique(window)) > _WINDOW // 2 and _has(numbers, ordered, order, window):
                return name
    return ""


def _has(
    numbers: NDArray[np.float64], ordered: NDArray[np.float64], order: NDArray[np.int64], window: NDArray[np.float64]
) -> bool:
    far = abs(window[0]) * 1e-12
    low, high = np.searchsorted(ordered, [window[0] - far, window[0] + far + np.spacing(window[0])])
    return any(
        len(stretch := numbers[place : place + _WINDOW]) == _WINDOW and np.allclose(stretch, window, rtol=1e-9, atol=0)
        for place in order[low:high].tolist()
    )
