# pyright: basic, reportMissingImports=false, reportMissingModuleSource=false, reportAttributeAccessIssue=false
# It runs in an environment of its own with the rival in it; see benchmarks/engine/venvs.py.
"""NautilusTrader 2 (Rust): it has no next-open mode, so it fills at the close that decided."""

from __future__ import annotations

import sys
from decimal import Decimal
from pathlib import Path

import nautilus_trader
import numpy as np
from nautilus_trader.backtest import BacktestEngine, BacktestEngineConfig
from nautilus_trader.common import LoggerConfig, LogLevel
from nautilus_trader.execution import MakerTakerFeeModel
from nautilus_trader.indicators import SimpleMovingAverage
from nautilus_trader.model import (
    AccountType,
    Bar,
    BarType,
    Currency,
    CurrencyPair,
    InstrumentId,
    Money,
    OmsType,
    OrderSide,
    Price,
    Quantity,
    Symbol,
    Venue,
)
from nautilus_trader.trading import Strategy, StrategyConfig

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from serve import Job, serve

VENUE = Venue("SIM")
ID = InstrumentId(Symbol("BTCUSDT"), VENUE)
BARS = BarType.from_str("BTCUSDT.SIM-1-MINUTE-LAST-EXTERNAL")
USDT = Currency.from_str("USDT")
PAIR = CurrencyPair(
    instrument_id=ID,
    raw_symbol=Symbol("BTCUSDT"),
    base_currency=Currency.from_str("BTC"),
    quote_currency=USDT,
    price_precision=2,
    size_precision=3,
    price_increment=Price.from_str("0.01"),
    size_increment=Quantity.from_str("0.001"),
    ts_event=0,
    ts_init=0,
    margin_init=Decimal(0),
    margin_maint=Decimal(0),
)
OFF = LogLevel.OFF


class Cross(Strategy):
    """One unit long above the cross."""

    def on_start(self):
        """Declare the averages."""
        self.is_long, self.fills = False, 0
        self.unit = Quantity.from_str("1.000")
        self.fast, self.slow = SimpleMovingAverage(20), SimpleMovingAverage(50)
        self.register_indicator_for_bars(BARS, self.fast)
        self.register_indicator_for_bars(BARS, self.slow)
        self.subscribe_bars(BARS)

    def on_bar(self, bar):
        """Decide at a close."""
        if not self.slow.initialized or (self.fast.value > self.slow.value) == self.is_long:
            return
        side = OrderSide.SELL if self.is_long else OrderSide.BUY
        self.submit_order(self.order_factory.market(ID, side, self.unit))
        self.is_long = not self.is_long

    def on_order_filled(self, event):
        """Count."""
        self.fills += 1


def bars_of(data):
    """Its own bar objects, each stamped with its closing time."""
    columns = np.load(data)
    closed = ((columns["ts_ms"] + 60_000) * 1_000_000).tolist()
    prices = (columns[name].tolist() for name in ("open", "high", "low", "close"))
    return [
        Bar(BARS, Price(o, 2), Price(h, 2), Price(lo, 2), Price(c, 2), Quantity(v, 3), at, at)
        for o, h, lo, c, v, at in zip(*prices, columns["volume"].tolist(), closed, strict=True)
    ]


def single(data):
    """A million bars; making its bar objects is not timed."""
    bars = bars_of(data)

    def prepare():
        quiet = LoggerConfig(stdout_level=OFF, fileout_level=OFF, bypass_logging=True)
        engine = BacktestEngine(BacktestEngineConfig(bypass_logging=True, run_analysis=False, logging=quiet))
        engine.add_venue(
            venue=VENUE,
            oms_type=OmsType.NETTING,
            account_type=AccountType.CASH,
            starting_balances=[Money(100_000_000.0, USDT)],
            fee_model=MakerTakerFeeModel(Decimal("0.001"), Decimal("0.001")),
            bar_execution=True,
            trade_execution=True,
        )
        engine.add_instrument(PAIR)
        engine.add_data(bars, validate=True, sort=True)
        cross = Cross(StrategyConfig(log_events=False, log_commands=False))
        engine.add_strategy(cross)

        def run():
            engine.run()
            summary = engine.get_result().summary
            cash = next(float(value.split()[0]) for name, value in summary.items() if name.endswith("USDT.total"))
            engine.dispose()
            return cash, cross.fills

        return run

    return Job(len(bars), prepare, lambda result: {"cash": round(result[0], 2), "fills": result[1]})


if __name__ == "__main__":
    serve({"single": single}, {"nautilus_trader": nautilus_trader.__version__, "numpy": np.__version__})
