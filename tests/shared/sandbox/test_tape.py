"""The tape never ends and never goes back."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest

from tradedeck.domain.bar import MINUTE_NS, Bar
from tradedeck.domain.errors import RefusedError
from tradedeck.domain.trade import Trade
from tradedeck.sandbox.tape import Tape
from tradedeck.sim.listings import instrument_of

BTC = instrument_of("BTCUSDT")
START_S = 1_709_510_400


def bars_file(folder: Path, count: int = 3) -> Path:
    path = folder / "bars.csv"
    rows = "".join(f"{START_S + 60 * i},100,102,99,101,4\n" for i in range(count))
    path.write_text(f"time,open,high,low,close,volume\n{rows}", encoding="utf-8")
    return path


def trades_file(folder: Path) -> Path:
    path = folder / "trades.csv"
    rows = "".join(f"{START_S + offset},{7 + i},100,1,buy\n" for i, offset in enumerate((30, 45, 90, 100)))
    path.write_text(f"time,id,price,size,side\n{rows}", encoding="utf-8")
    return path


@pytest.mark.parametrize("make", [bars_file, trades_file])
def test_past_the_end_time_and_ids_only_grow(tmp_path: Path, make: object) -> None:
    tape = Tape(bars_file(tmp_path) if make is bars_file else trades_file(tmp_path), BTC)
    events = [tape.pop() for _ in range(60)]
    trades = [event for event in events if isinstance(event, Trade)]
    bars = [event for event in events if isinstance(event, Bar)]
    ids = [int(trade.trade_id) for trade in trades]
    assert ids == list(range(ids[0], ids[0] + len(ids)))
    assert all(a.time_ns <= b.time_ns for a, b in itertools.pairwise(events))
    assert all(a.open_ns < b.open_ns for a, b in itertools.pairwise(bars))
    assert {bar.open_ns % MINUTE_NS for bar in bars} == {0}
    assert tape.position.lap > 2


@pytest.mark.parametrize("played", [0, 1, 14, 15, 16, 31, 47])
def test_a_position_leads_to_the_same_future(tmp_path: Path, played: int) -> None:
    path = bars_file(tmp_path)
    first = Tape(path, BTC)
    past = [first.pop() for _ in range(played)]
    second = Tape(path, BTC)
    told = list(second.seek(first.position))
    assert second.position == first.position
    assert told == past[-len(told) :] if told else not past
    assert [second.pop() for _ in range(40)] == [first.pop() for _ in range(40)]


def test_peeking_does_not_move(tmp_path: Path) -> None:
    tape = Tape(bars_file(tmp_path), BTC)
    for _ in range(40):
        assert tape.peek() == tape.pop()


def test_files_without_rows_or_numbers_are_refused(tmp_path: Path) -> None:
    empty = tmp_path / "empty.csv"
    empty.write_text("time,open,high,low,close,volume\n", encoding="utf-8")
    with pytest.raises(RefusedError, match="no rows"):
        Tape(empty, BTC)
    named = tmp_path / "named.csv"
    named.write_text(f"time,id,price,size,side\n{START_S},first,100,1,buy\n", encoding="utf-8")
    with pytest.raises(RefusedError, match="whole numbers"):
        Tape(named, BTC)
