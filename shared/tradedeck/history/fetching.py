"""Downloading bars and trades from a venue into the catalogue, going on from what is there."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np

from tradedeck.domain.errors import CorruptError, RateLimitedError, RefusedError, UnavailableError
from tradedeck.history.catalogue import Catalogue, Key
from tradedeck.history.frames import BAR_FIELDS, ID_CHARS, Frame, cut, first_fault
from tradedeck.history.importing import add_frames

PAGE_ROWS = 1_000
"""Rows asked for at once; venues may send fewer."""
KEEP_ROWS = 50_000
"""So many downloaded rows are put on disk together."""
QUIET_MS = 3_600_000
"""A page of trades without any is taken as so much time without trades."""
MS = 1_000_000


class Pages(Protocol):
    """A venue that hands out its past a page at a time, oldest first. Times are UTC milliseconds."""

    async def bars(self, timeframe: str, since_ms: int, limit: int) -> Sequence[Sequence[Any]]:
        """Rows of open time, open, high, low, close, volume that opened from `since_ms` on.

        Raises:
            UnavailableError: the venue did not answer; asking again may help.
            RateLimitedError: too many requests; later is fine.
            RefusedError: it will not answer this at all.
        """
        ...

    async def trades(self, since_ms: int, limit: int) -> Sequence[tuple[int, str, float, float, int]]:
        """Time, id, price, size and side (+1, -1) of trades from `since_ms` on. Raises as `bars` does."""
        ...


@dataclass(frozen=True, slots=True)
class Patience:
    """How often one page is asked for, and how long to wait before the second time; twice that before the next."""

    tries: int = 6
    first_s: float = 1.0
    most_s: float = 30.0


@dataclass(slots=True)
class Fetched:
    """What a download did: rows added to the catalogue, requests made, and times a request was made again."""

    key: Key
    rows: int = 0
    requests: int = 0
    repeated: int = 0


Progress = Callable[[int, int, int], None]
"""Told the time reached, the time to reach (UTC nanoseconds) and the rows so far."""


def nobody(_at_ns: int, _end_ns: int, _rows: int) -> None:
    """Progress for nobody."""


@dataclass(slots=True)
class _Kept:
    """Downloaded rows on their way to the disk."""

    catalogue: Catalogue
    done: Fetched
    frames: list[Frame] = field(default_factory=list[Frame])

    def put(self, frame: Frame) -> None:
        self.frames.append(frame)
        if sum(len(each["time_ns"]) for each in self.frames) >= KEEP_ROWS:
            self.flush()

    def flush(self) -> None:
        frames, self.frames = self.frames, []
        if frames:
            self.done.rows += add_frames(self.catalogue, self.done.key, frames).added


async def fetch(
    catalogue: Catalogue,
    pages: Pages,
    key: Key,
    start_ns: int,
    end_ns: int,
    *,
    patience: Patience = Patience(),
    progress: Progress = nobody,
) -> Fetched:
    """Download what is not there yet of bars or trades from `start_ns` to before `end_ns` (UTC nanoseconds).

    Only what lies outside the stored rows is asked for, and holes longer than a page. A download that is cut or
    cancelled keeps what it has: the same call goes on from there. `end_ns` must not be later than the last closed
    bar's end.

    Raises:
        UnavailableError: the venue did not answer though asked `patience.tries` times, or the disk is full.
        RefusedError: it will not answer at all, or the range is empty.
        CorruptError: what it sent makes no sense.
    """
    if not 0 <= start_ns < end_ns:
        raise RefusedError("the start must be before the end; see --from and --to", code="history.range")
    done = Fetched(key)
    kept = _Kept(catalogue, done)
    try:
        for low, high in missing_ranges(catalogue, key, start_ns, end_ns):
            await _fetch_range(pages, kept, low, high, patience, progress)
            kept.flush()
    except BaseException:
        # What came is good. Should it fail to be kept too, that is the smaller trouble.
        kept.flush()
        raise
    return done


def missing_ranges(catalogue: Catalogue, key: Key, start_ns: int, end_ns: int) -> list[tuple[int, int]]:
    """Which stretches to ask for, oldest first: before, after, and long holes within what is there."""
    times = catalogue.times(key)
    if not len(times):
        return [(start_ns, end_ns)]
    step = key.step_ns
    # Trades may share a millisecond, so the last one on disk is asked for again.
    edges = np.concatenate(([start_ns - max(step, 1)], times, [end_ns]))
    page_ns = PAGE_ROWS * step
    ranges: list[tuple[int, int]] = []
    for at in np.flatnonzero(np.diff(edges) > step) if step else (0, len(edges) - 2):
        low, high = int(edges[at]) + (step or int(at == 0)), int(edges[at + 1])
        outside = at == 0 or at == len(edges) - 2
        low, high = max(low, start_ns), min(high, end_ns)
        if low < high and (outside or high - low > page_ns):
            ranges.append((low, high))
    return ranges


async def _fetch_range(
    pages: Pages, kept: _Kept, start_ns: int, end_ns: int, patience: Patience, progress: Progress
) -> None:
    key = kept.done.key
    at_ns, last = start_ns, None
    while at_ns < end_ns:
        page = await _page(pages, key, at_ns, kept.done, patience)
        frame = _sorted(key, page)
        times = frame["time_ns"]
        fresh = (times >= start_ns) & (times < end_ns) & (times >= at_ns // MS * MS)
        if last is not None and "id" in frame:
            fresh &= ~np.isin(frame["id"], last["id"])
        new = cut(frame, fresh)
        if len(new["time_ns"]):
            if fault := first_fault(new, None):
                when = np.datetime64(int(new["time_ns"][fault.at]), "ns")
                raise CorruptError(f"{key.venue} sent a row at {when}Z: {fault.why}", code="history.venue")
            kept.put(new)
            last = cut(new, new["time_ns"] == new["time_ns"][-1])
        at_ns = _next(key, at_ns, frame, fresh=bool(len(new["time_ns"])))
        progress(min(at_ns, end_ns), end_ns, kept.done.rows + sum(len(each["time_ns"]) for each in kept.frames))


def _next(key: Key, at_ns: int, frame: Frame, *, fresh: bool) -> int:
    """From when to ask next: after the last bar; from the last trade on; past a stretch where nothing was."""
    times = frame["time_ns"]
    if key.step_ns:
        return max(int(times[-1]), at_ns) + key.step_ns if len(times) else at_ns + PAGE_ROWS * key.step_ns
    if fresh:
        return max(int(times[-1]), at_ns)
    # Nothing new: no trades for an hour, or a whole page within one millisecond that was seen before.
    return at_ns + MS if len(times) >= PAGE_ROWS else at_ns + QUIET_MS * MS


async def _page(pages: Pages, key: Key, at_ns: int, done: Fetched, patience: Patience) -> Frame:
    wait_s = patience.first_s
    for attempt in range(1, patience.tries + 1):
        done.requests += 1
        try:
            if key.kind == "bars":
                return _bars_frame(await pages.bars(key.timeframe, at_ns // MS, PAGE_ROWS))
            return _trades_frame(await pages.trades(at_ns // MS, PAGE_ROWS))
        except (UnavailableError, RateLimitedError) as error:
            if attempt == patience.tries:
                raise UnavailableError(
                    f"{key.venue} was asked {attempt} times and did not answer: {error.message}; "
                    "run it again later, it goes on from here",
                    code="history.venue_silent",
                ) from error
            done.repeated += 1
            await asyncio.sleep(max(wait_s, error.retry_after_s if isinstance(error, RateLimitedError) else 0.0))
            wait_s = min(2 * wait_s, patience.most_s)
    raise AssertionError("unreachable: the last attempt returns or raises")


def _bars_frame(rows: Sequence[Sequence[Any]]) -> Frame:
    times = np.array([int(row[0]) * MS for row in rows], np.int64)
    columns = [np.array([_number(row[at]) for row in rows], np.float64) for at in range(1, 6)]
    return dict(zip(BAR_FIELDS, (times, *columns), strict=True))


def _trades_frame(rows: Sequence[tuple[int, str, float, float, int]]) -> Frame:
    frame: Frame = {
        "time_ns": np.array([row[0] * MS for row in rows], np.int64),
        "price": np.array([row[2] for row in rows], np.float64),
        "size": np.array([row[3] for row in rows], np.float64),
        "side": np.array([row[4] for row in rows], np.int8),
    }
    ids = [row[1] for row in rows]
    if all(ids):
        numbers = all(text.isdigit() and len(text) < 19 for text in ids)
        frame["id"] = np.array([int(text) for text in ids], np.int64) if numbers else np.array(ids, f"S{ID_CHARS}")
    return frame


def _sorted(key: Key, frame: Frame) -> Frame:
    names = ("time_ns",) if key.kind == "bars" or "id" not in frame else ("id", "time_ns")
    return cut(frame, np.lexsort([frame[name] for name in names]))


def _number(cell: object) -> float:
    return float("nan") if cell is None else float(str(cell))
