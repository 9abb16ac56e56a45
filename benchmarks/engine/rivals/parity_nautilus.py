# pyright: basic, reportMissingImports=false, reportMissingModuleSource=false, reportAttributeAccessIssue=false
# It runs in an environment of its own with the rival in it; see benchmarks/engine/venvs.py.
"""`python parity_nautilus.py STRATEGY BARS.npz CASH`: the parity strategies in nautilus_trader, trades as JSON."""

from __future__ import annotations

import sys
from bisect import bisect_left
from decimal import Decimal

import nautilus_trader
import numpy as np
import pandas as pd
from nautilus_trader.backtest.config import BacktestEngineConfig
from nautilus_trader.backtest.engine import BacktestEngine
from nautilus_trader.config import LoggingConfig, StrategyConfig
from nautilus_trader.model.currencies import BTC, USDT
from nautilus_trader.model.data import BarType
from nautilus_trader.model.enums import AccountType, OmsType, OrderSide, OrderType, TriggerType
from nautilus_trader.model.identifiers import InstrumentId, Symbol, TraderId, Venue
from nautilus_trader.model.instruments import CurrencyPair
from nautilus_trader.model.objects import Money, Price, Quantity
from nautilus_trader.persistence.wranglers import BarDataWrangler
from nautilus_trader.trading.strategy import Strategy
from parity_rules import averages, say, tick_above, tick_below, ticks, wilder_rsi

VENUE = Venue("SIM")
ID = InstrumentId(Symbol("BTCUSDT"), VENUE)
BARS = BarType.from_str("BTCUSDT.SIM-1-MINUTE-LAST-EXTERNAL")
SIZE = Quantity.from_str("0.01000")
MINUTE_NS = 60_000_000_000
RATE = Decimal("0.001")
PAIR = CurrencyPair(
    instrument_id=ID,
    raw_symbol=Symbol("BTCUSDT"),
    base_currency=BTC,
    quote_currency=USDT,
    price_precision=2,
    size_precision=5,
    price_increment=Price.from_str("0.01"),
    size_increment=Quantity.from_str("0.00001"),
    margin_init=Decimal(0),
    margin_maint=Decimal(0),
    maker_fee=RATE,
    taker_fee=RATE,
    ts_event=0,
    ts_init=0,
)


class Columns(Strategy):
    """Reads its indicators from arrays, at the bar that has just closed."""

    def on_start(self):
        """Nothing seen yet."""
        self.bar, self.held, self.fills = -1, Decimal(0), []
        self.subscribe_bars(BARS)

    def on_bar(self, bar):
        """Count, and decide."""
        self.bar += 1
        self.decide(float(bar.close))

    def market(self, side):
        """At the market."""
        self.submit_order(self.order_factory.market(ID, side, SIZE))

    def on_order_filled(self, event):
        """Keep it; what waited in the book is stamped with the close of the bar that filled it."""
        sign = 1 if event.order_side == OrderSide.BUY else -1
        self.held += sign * event.last_qty.as_decimal()
        waited = event.order_type != OrderType.MARKET
        at = event.ts_event - MINUTE_NS if waited else event.ts_event
        self.fills.append((sign, at, event.last_px.as_decimal(), event.last_qty, event.commission.as_decimal()))


class SmaCross(Columns):
    """Long above the cross."""

    def decide(self, close):
        """Hold or not."""
        fast, slow = self.columns["fast"][self.bar], self.columns["slow"][self.bar]
        if fast > slow and not self.held:
            self.market(OrderSide.BUY)
        elif fast < slow and self.held:
            self.market(OrderSide.SELL)


class RsiReversion(Columns):
    """A bid for one bar where the price has fallen too fast; out at the market when it has recovered."""

    def decide(self, close):
        """One bid at a time."""
        rsi = self.columns["rsi"][self.bar]
        if np.isnan(rsi):
            return
        if self.cache.orders_open(instrument_id=ID):
            self.cancel_all_orders(ID)
        elif rsi < 30 and not self.held:
            price = Price(tick_below(close * (1 - 0.0005)), 2)
            self.submit_order(self.order_factory.limit(ID, OrderSide.BUY, SIZE, price))
        elif rsi > 60 and self.held:
            self.market(OrderSide.SELL)


class StopAndTake(Columns):
    """In where the averages cross; out at a limit or a stop."""

    def decide(self, close):
        """One position at a time."""
        fast, slow, i = self.columns["fast"], self.columns["slow"], self.bar
        if fast[i] > slow[i] and fast[i - 1] <= slow[i - 1] and not self.held:
            bracket = self.order_factory.bracket(
                ID,
                OrderSide.BUY,
                SIZE,
                sl_trigger_price=Price(tick_below(close * 0.997), 2),
                tp_price=Price(tick_above(close * 1.004), 2),
                sl_trigger_type=TriggerType.LAST_PRICE,
                tp_post_only=False,
            )
            self.submit_order_list(bracket)


STRATEGIES = {"sma-cross": SmaCross, "rsi-reversion": RsiReversion, "stop-and-take": StopAndTake}


def trades_of(fills, opened):
    """Fills paired; times turned into the first bars that open then or, after a gap, later."""
    made = []
    for sign, at, price, size, fee in fills:
        bar = bisect_left(opened, at)
        if size != SIZE:
            raise ValueError(f"filled {size} only")
        if sign > 0:
            made.append([bar, ticks(price), -1, -1, float(fee)])
            entry_fee = fee
        else:
            made[-1] = [*made[-1][:2], bar, ticks(price), float(entry_fee + fee)]
    return made


def main():
    """Run one."""
    columns = np.load(sys.argv[2])
    frame = pd.DataFrame(
        {name: columns[name] for name in ("open", "high", "low", "close", "volume")},
        index=pd.to_datetime(columns["ts_ms"] + 60_000, unit="ms", utc=True),
    )
    quiet = LoggingConfig(bypass_logging=True)
    engine = BacktestEngine(BacktestEngineConfig(trader_id=TraderId("T-001"), logging=quiet, run_analysis=False))
    engine.add_venue(
        venue=VENUE,
        oms_type=OmsType.NETTING,
        account_type=AccountType.CASH,
        base_currency=None,
        starting_balances=[Money(int(sys.argv[3]), USDT)],
        bar_execution=True,
    )
    engine.add_instrument(PAIR)
    engine.add_data(BarDataWrangler(BARS, PAIR).process(frame), sort=False)
    strategy = STRATEGIES[sys.argv[1]](StrategyConfig())
    closes = columns["close"]
    strategy.columns = {"fast": averages(closes, 20), "slow": averages(closes, 50), "rsi": wilder_rsi(closes)}
    engine.add_strategy(strategy)
    engine.run()
    cash = engine.cache.accounts()[0].balance_total(USDT).as_decimal()
    trades = trades_of(strategy.fills, (columns["ts_ms"] * 1_000_000).tolist())
    equity = cash + strategy.held * Decimal(ticks(closes[-1])) / 100
    say(trades, float(equity), nautilus_trader.__version__)
    engine.dispose()


if __name__ == "__main__":
    main()
