"""The recorded market, played for ever: past its end it starts again, shifted forward in time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from tradedeck.domain.bar import MINUTE_NS, Bar
from tradedeck.domain.errors import RefusedError
from tradedeck.domain.instrument import Instrument
from tradedeck.domain.trade import Trade
from tradedeck.history import kind_of, read_bars, read_trades
from tradedeck.sim.path import replay_bars, replay_trades


@dataclass(frozen=True, slots=True)
class TapePosition:
    """Where a tape is: `index` events of this lap were played; the lap's times and ids are shifted."""

    lap: int = 0
    index: int = 0
    shift_ns: int = 0
    id_shift: int = 0


class Tape:
    """Trades and closed bars of one file, in order; time and trade ids only ever grow."""

    def __init__(self, path: Path, instrument: Instrument) -> None:
        """Open the file and read it once through, so that damage shows before anybody trades on it.

        Raises:
            RefusedError: not a market file, or an empty one.
            CorruptError: it is damaged.
        """
        self._path = path
        self._instrument = instrument
        self._kind = kind_of(path)
        self.position = TapePosition()
        self._first_ns = -1
        self._last: Trade | Bar | None = None
        self._ids = (0, 0)
        if not sum(1 for _ in self._open()):
            raise RefusedError(f"{path.name} holds no rows; choose another file", code="sandbox.no_data")
        self._events = self._open()
        self._ahead = next(self._events, None)

    def peek(self) -> Trade | Bar:
        """The next event, which stays the next."""
        if self._ahead is None:
            self._turn_over()
        assert self._ahead is not None
        return self._shifted(self._ahead)

    def pop(self) -> Trade | Bar:
        """The next event."""
        event = self.peek()
        assert self._ahead is not None
        self._note(self._ahead)
        self._ahead = next(self._events, None)
        self.position = replace(self.position, index=self.position.index + 1)
        return event

    def seek(self, position: TapePosition) -> Iterator[Trade | Bar]:
        """Move to a position of an earlier run, giving what was played before it: this lap, and the one before."""
        if position.lap:
            # Every lap shifts by the same amounts.
            laps = position.lap - 1
            shift_ns, id_shift = (shift * laps // position.lap for shift in (position.shift_ns, position.id_shift))
            self.position = TapePosition(laps, 0, shift_ns, id_shift)
            while self._ahead is not None:
                yield self.pop()
            self._restart()
        self.position = replace(position, index=0)
        while self.position.index < position.index and self._ahead is not None:
            yield self.pop()

    def _open(self) -> Iterator[Trade | Bar]:
        if self._kind == "bars":
            return replay_bars(read_bars(self._path, self._instrument), self._instrument)
        return replay_trades(self._numbered(), MINUTE_NS)

    def _numbered(self) -> Iterator[Trade]:
        """The trades; on the wire a trade id is a number."""
        for trade in read_trades(self._path, self._instrument):
            if not trade.trade_id.isdigit():
                raise RefusedError(
                    f"{self._path.name} has the trade id {trade.trade_id}; the sandbox needs whole numbers",
                    code="sandbox.trade_id",
                )
            yield trade

    def _restart(self) -> None:
        self._events = self._open()
        self._ahead = next(self._events, None)
        self._first_ns, self._last, self._ids = -1, None, (0, 0)

    def _turn_over(self) -> None:
        """Start the next lap where this one ended, on a whole bar."""
        at, last, (low, high) = self.position, self._last, self._ids
        assert last is not None
        end_ns = last.time_ns
        if isinstance(last, Trade):
            end_ns += MINUTE_NS - end_ns % MINUTE_NS
        self.position = TapePosition(at.lap + 1, 0, at.shift_ns + end_ns - self._first_ns, at.id_shift + high - low + 1)
        self._restart()

    def _note(self, event: Trade | Bar) -> None:
        if self._first_ns < 0:
            start_ns = event.time_ns if isinstance(event, Trade) else event.open_ns
            self._first_ns = start_ns - start_ns % MINUTE_NS
        if isinstance(event, Trade):
            number = int(event.trade_id)
            self._ids = (self._ids[0] or number, number)
        self._last = event

    def _shifted(self, event: Trade | Bar) -> Trade | Bar:
        at = self.position
        if not at.shift_ns:
            return event
        if isinstance(event, Bar):
            return replace(event, open_ns=event.open_ns + at.shift_ns)
        return replace(event, time_ns=event.time_ns + at.shift_ns, trade_id=str(int(event.trade_id) + at.id_shift))
