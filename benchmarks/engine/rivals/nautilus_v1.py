# pyright: basic, reportMissingImports=false, reportMissingModuleSource=false, reportAttributeAccessIssue=false
# It runs in an environment of its own with the rival in it; see benchmarks/engine/venvs.py.
"""NautilusTrader 1.221 (Cython): it has no next-open mode, so it fills at the close that decided."""

from __future__ import annotations

import sys
from decimal import Decimal
from pathlib import Path

import nautilus_trader
import numpy as np
import pandas as pd
from nautilus_trader.backtest.config import BacktestEngineConfig
from nautilus_trader.backtest.engine import BacktestEngine
from nautilus_trader.config import LoggingConfig, StrategyConfig
from nautilus_trader.indicators import SimpleMovingAverage
from nautilus_trader.model.currencies import BTC, USDT
from nautilus_trader.model.data import BarType
from nautilus_trader.model.enums import AccountType, OmsType, OrderSide
from nautilus_trader.model.identifiers import InstrumentId, Symbol, TraderId, Venue
from nautilus_trader.model.instruments import CurrencyPair
from nautilus_trader.model.objects import Money, Price, Quantity
from nautilus_trader.persistence.wranglers import BarDataWrangler
from nautilus_trader.trading.strategy import Strategy

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from serve import Job, serve

VENUE = Venue("SIM")
ID = InstrumentId(Symbol("BTCUSDT"), VENUE)
BARS = BarType.from_str("BTCUSDT.SIM-1-MINUTE-LAST-EXTERNAL")
PAIR = CurrencyPair(
    instrument_id=ID,
    raw_symbol=Symbol("BTCUSDT"),
    base_currency=BTC,
    quote_currency=USDT,
    price_precision=2,
    size_precision=3,
    price_increment=Price.from_str("0.01"),
    size_increment=Quantity.from_str("0.001"),
    margin_init=Decimal(0),
    margin_maint=Decimal(0),
    maker_fee=Decimal("0.001"),
    taker_fee=Decimal("0.001"),
    ts_event=0,
    ts_init=0,
)


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


def single(data):
    """A million bars; making its bar objects is not timed."""
    columns = np.load(data)
    frame = pd.DataFrame(
        {name: columns[name] for name in ("open", "high", "low", "close", "volume")},
        index=pd.to_datetime(columns["ts_ms"] + 60_000, unit="ms", utc=True),
    )
    bars = BarDataWrangler(BARS, PAIR).process(frame)

    def prepare():
        quiet = LoggingConfig(bypass_logging=True)
        engine = BacktestEngine(BacktestEngineConfig(trader_id=TraderId("T-001"), logging=quiet, run_analysis=False))
        engine.add_venue(
            venue=VENUE,
            oms_type=OmsType.NETTING,
            account_type=AccountType.CASH,
            base_currency=None,
            starting_balances=[Money(100_000_000, USDT)],
            bar_execution=True,
            trade_execution=True,
        )
        engine.add_instrument(PAIR)
        engine.add_data(bars, sort=False)
        cross = Cross(StrategyConfig())
        engine.add_strategy(cross)

        def run():
            engine.run()
            cash = float(engine.cache.accounts()[0].balance_total(USDT).as_decimal())
            engine.dispose()
            return cash, cross.fills

        return run

    return Job(len(bars), prepare, lambda result: {"cash": round(result[0], 2), "fills": result[1]})


if __name__ == "__main__":
    versions = {"nautilus_trader": nautilus_trader.__version__, "pandas": pd.__version__, "numpy": np.__version__}
    serve({"single": single}, versions)
