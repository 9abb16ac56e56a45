"""What holds for every bundled strategy."""

from __future__ import annotations

import inspect
from decimal import Decimal
from itertools import islice
from pathlib import Path

import numpy as np
import pytest

import tradedeck.strategies
from tests.shared.strategies.markets import BTC, week
from tradedeck.engine import strategy_parameters
from tradedeck.history import bundled_week, read_bars
from tradedeck.research.replay import replay
from tradedeck.research.result import Tier
from tradedeck.research.run import backtest
from tradedeck.research.settings import Path as BarPath
from tradedeck.research.settings import Settings
from tradedeck.sim.path import replay_bars
from tradedeck.strategies import BUNDLED

NATIVE = ("dca", "donchian-breakout", "grid", "rsi-reversion", "sma-cross")
FOLDER = Path(inspect.getfile(tradedeck.strategies)).parent


def test_there_are_ten_each_in_a_file_of_its_own_of_sixty_lines_at_most() -> None:
    files = {kind: Path(inspect.getfile(kind)) for kind in BUNDLED.values()}
    assert len(set(files.values())) == len(BUNDLED) == 10
    named = {path.name for path in files.values()}
    assert {path.name for path in FOLDER.glob("*.py")} == {"__init__.py", "chosen.py", *named}
    assert all(len(path.read_text().splitlines()) <= 60 for path in files.values())


@pytest.mark.parametrize("name", sorted(BUNDLED))
def test_every_number_is_a_parameter_with_a_range(name: str) -> None:
    declared = strategy_parameters(BUNDLED[name])
    assert declared
    assert len({parameter.name for parameter in declared}) == len(declared)
    for parameter in declared:
        if parameter.kind in ("integer", "number"):
            assert float(parameter.low) <= float(parameter.default) <= float(parameter.high)


@pytest.mark.parametrize("name", sorted(set(BUNDLED) - {"sma-cross", "rsi-reversion"}))
def test_its_words_say_when_it_loses(name: str) -> None:
    assert "oses" in (BUNDLED[name].__doc__ or "")


@pytest.mark.parametrize("name", NATIVE)
def test_native_code_and_python_trade_the_week_alike(name: str) -> None:
    native = backtest(BUNDLED[name], week(), BTC, tier=Tier.COMPILED)
    python = backtest(BUNDLED[name], week(), BTC, tier=Tier.INTERPRETED)
    assert native.tier is Tier.COMPILED
    assert python.tier is Tier.INTERPRETED
    assert len(native.fills) > 50
    np.testing.assert_array_equal(native.orders, python.orders)
    np.testing.assert_array_equal(native.fills, python.fills)
    np.testing.assert_array_equal(native.equity, python.equity)
    assert (native.cash, native.fees, native.profit) == (python.cash, python.fees, python.profit)


@pytest.mark.parametrize("name", NATIVE)
def test_the_live_engine_trades_a_day_as_research_does(name: str) -> None:
    bars = list(islice(read_bars(bundled_week(), BTC), 1440))
    live = replay(BUNDLED[name], replay_bars(bars, BTC), BTC, balances={"USDT": Decimal(1_000_000)})
    run = backtest(BUNDLED[name], week().slice(0, 1440), BTC, settings=Settings(path=BarPath.AGAINST))
    # What the last close decides fills live at that moment, and in research at an open that does not come.
    assert len(run.fills) > 5
    assert len(live.fills) - len(run.fills) in (0, 1)
    for fill, wanted in zip(live.fills, run.fills, strict=False):
        assert fill.side.sign == wanted["sign"]
        assert fill.size == run.grid.exact_size(int(wanted["lots"]))
        # Live, a decision at a close trades at the price then, in research at the next open; and of the way inside
        # a bar the live exchange sees four prices, so that a stop fills at the next of them.
        assert float(fill.price) == pytest.approx(int(wanted["price"]) * 0.01, rel=5e-3)
