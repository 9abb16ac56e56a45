"""When a strategy is woken, and what it is shown then."""

from __future__ import annotations

from typing import Any

import pytest

from tests.shared.research.scripted import COIN, FLAT, MIDNIGHT_NS, Bar, series
from tradedeck.domain.bar import MINUTE_NS
from tradedeck.ports.strategy import BarView, FillView, Setup, Strategy
from tradedeck.research.result import Run, Tier
from tradedeck.research.run import backtest

RISING: list[Bar] = [(p, p + 1, p - 1, p) for p in range(100, 112)]


def run(kind: type[Strategy], bars: list[Bar], **more: Any) -> Run:
    return backtest(kind, series(*bars), COIN, tier=Tier.INTERPRETED, **more)


def test_nothing_is_shown_before_every_line_has_a_value() -> None:
    seen: list[tuple[float, float, float]] = []

    class Lines(Strategy):
        def setup(self, setup: Setup) -> None:
            self.a, self.b, self.c = setup.sma(2), setup.sma(4), setup.sma(3)

        def on_bar(self, bar: BarView) -> None:
            seen.append((bar.close, self.b.value, self.b.previous))

    assert run(Lines, RISING).first_bar == 3
    assert seen[1:3] == [(104, 102.5, 101.5), (105, 103.5, 102.5)]
    assert len(seen) == 9


def test_lines_that_never_have_a_value_wake_nobody() -> None:
    class Never(Strategy):
        def setup(self, setup: Setup) -> None:
            setup.sma(50)

        def on_bar(self, bar: BarView) -> None:
            self.buy(1)

    assert len(run(Never, RISING).orders) == 0


def test_a_timer_wakes_once_for_the_newest_boundary_before_the_bar() -> None:
    told: list[tuple[str, int]] = []

    class Timed(Strategy):
        def setup(self, setup: Setup) -> None:
            setup.every("5m")
            setup.every("3m")

        def on_timer(self, time_ns: int) -> None:
            told.append(("timer", (time_ns - MIDNIGHT_NS) // MINUTE_NS))

        def on_bar(self, bar: BarView) -> None:
            told.append(("bar", (bar.time_ns - MIDNIGHT_NS) // MINUTE_NS))

    run(Timed, RISING)
    assert [minute for what, minute in told if what == "timer"] == [3, 5, 6, 9, 10, 12]
    assert told[2:4] == [("timer", 3), ("bar", 3)]


def test_a_signal_comes_before_its_bar() -> None:
    told: list[str] = []

    class Both(Strategy):
        def setup(self, setup: Setup) -> None:
            self.cross = setup.crosses_above(setup.sma(1), 105)

        def on_signal(self, bar: BarView) -> None:
            told.append(f"signal {bar.close:.0f} {self.cross.value}")

        def on_bar(self, bar: BarView) -> None:
            told.append(f"bar {bar.close:.0f} {self.cross.value}")

    run(Both, RISING)
    assert told[5:8] == ["bar 105 False", "signal 106 True", "bar 106 True"]
    assert sum(one.startswith("signal") for one in told) == 1


def test_a_bar_tells_all_it_has() -> None:
    seen: list[tuple[object, ...]] = []

    class Looks(Strategy):
        def on_bar(self, bar: BarView) -> None:
            seen.append(
                (bar.symbol, bar.open_ns, bar.time_ns, bar.open, bar.high, bar.low, bar.close, bar.volume)
            )  # fmt: skip

    run(Looks, [(100, 104, 97, 102, 12)])
    assert seen == [("COIN", MIDNIGHT_NS, MIDNIGHT_NS + MINUTE_NS, 100, 104, 97, 102, 12)]


def test_a_fill_tells_all_it_has_and_the_position_includes_it() -> None:
    seen: list[tuple[object, ...]] = []

    class Answers(Strategy):
        def on_bar(self, bar: BarView) -> None:
            if not self.position and not self.working:
                self.buy(3)

        def on_fill(self, fill: FillView) -> None:
            seen.append(
                (fill.symbol, fill.order, fill.side, fill.price, fill.size, fill.maker, fill.time_ns, self.position)
            )  # fmt: skip

    run(Answers, [FLAT, FLAT])
    assert seen == [("COIN", 1, 1, 100, 3, False, MIDNIGHT_NS + MINUTE_NS, 3)]


def test_a_note_of_a_fill_stands_at_the_bar_of_the_fill() -> None:
    class Notes(Strategy):
        def on_bar(self, bar: BarView) -> None:
            if not self.working and not self.position:
                self.buy(1, stop=105)

        def on_fill(self, fill: FillView) -> None:
            self.note("bought", price=fill.price)

    found = run(Notes, [FLAT, FLAT, (100, 106, 99, 104), FLAT]).notes
    assert [(note.bar, note.text, note.price) for note in found] == [(2, "bought", 105)]


@pytest.mark.parametrize("sleeps", [True, False])
def test_progress_is_told_and_may_stop_a_run(sleeps: bool) -> None:
    class Sleeps(Strategy):
        def setup(self, setup: Setup) -> None:
            self.cross = setup.crosses_above(setup.sma(1), 101)

        def on_signal(self, bar: BarView) -> None:
            if not self.working:
                self.buy(1, price=10, good_for_hours=1000)

    class Watches(Strategy):
        def on_bar(self, bar: BarView) -> None:
            self.target(1)

    told: list[int] = []
    many: list[Bar] = [FLAT, (102, 102, 102, 102), *[FLAT, (102, 102, 102, 102)] * 8250]
    backtest(Sleeps if sleeps else Watches, series(*many), COIN, tier=Tier.INTERPRETED, progress=told.append)
    assert [done // 8192 for done in told] == ([1, 2] if sleeps else [1, 2, 2])

    def stop(done: int) -> None:
        raise InterruptedError

    with pytest.raises(InterruptedError):
        backtest(Sleeps if sleeps else Watches, series(*many), COIN, tier=Tier.INTERPRETED, progress=stop)
