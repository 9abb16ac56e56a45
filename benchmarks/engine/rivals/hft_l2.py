# pyright: basic, reportMissingImports=false, reportAttributeAccessIssue=false, reportArgumentType=false, reportCallIssue=false
# It runs in an environment of its own with the rival in it; see benchmarks/engine/venvs.py.
"""hftbacktest over a synthetic order book: EMA 100/500 of trades, market orders, 1 ms each way."""

from __future__ import annotations

import sys
from importlib.metadata import version
from pathlib import Path

import numpy as np
from hftbacktest import GTC, MARKET, BacktestAsset, ROIVectorMarketDepthBacktest
from hftbacktest.types import (
    BUY_EVENT,
    DEPTH_EVENT,
    EXCH_EVENT,
    LOCAL_EVENT,
    SELL_EVENT,
    TRADE_EVENT,
    event_dtype,
)
from numba import njit

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from serve import Job, serve

DELAY_NS = 1_000_000
SEEN = EXCH_EVENT | LOCAL_EVENT


def events_of(data):
    """A new best bid, a new best ask and a trade for each tick."""
    ticks = np.load(data)
    price, size, side = ticks["price"], ticks["size"], ticks["side"]
    events = np.zeros(3 * len(price), event_dtype)
    events["exch_ts"] = np.repeat(ticks["ts_ns"], 3)
    events["local_ts"] = events["exch_ts"] + DELAY_NS
    for offset, kind, at, much in (
        (0, np.uint64(DEPTH_EVENT | SEEN | BUY_EVENT), np.round(price - 0.01, 2), size + 1),
        (1, np.uint64(DEPTH_EVENT | SEEN | SELL_EVENT), np.round(price + 0.01, 2), size + 1),
        (2, np.where(side > 0, BUY_EVENT, SELL_EVENT).astype(np.uint64) | np.uint64(TRADE_EVENT | SEEN), price, size),
    ):
        events["ev"][offset::3] = kind
        events["px"][offset::3] = at
        events["qty"][offset::3] = much
    return events


@njit
def ema_cross(hbt):
    """Hold one unit while the fast average of trade prices is above the slow one."""
    fast = slow = 0.0
    trades = orders = 0
    is_long = False
    while hbt.wait_next_feed(False, 10_000_000_000) != 1:
        prints = hbt.last_trades(0)
        if len(prints) == 0:
            continue
        for one in prints:
            if trades == 0:
                fast = slow = one.px
            else:
                fast += 2 / 101.0 * (one.px - fast)
                slow += 2 / 501.0 * (one.px - slow)
            trades += 1
        hbt.clear_last_trades(0)
        if trades < 500 or (fast > slow) == is_long:
            continue
        orders += 1
        if is_long:
            hbt.submit_sell_order(0, orders, hbt.depth(0).best_bid, 1.0, GTC, MARKET, False)
        else:
            hbt.submit_buy_order(0, orders, hbt.depth(0).best_ask, 1.0, GTC, MARKET, False)
        is_long = not is_long
        if orders % 64 == 0:
            hbt.clear_inactive_orders(0)
    return orders


def ema(data):
    """Fifteen million events from five million ticks."""
    events = events_of(data)

    def prepare():
        asset = (
            BacktestAsset()
            .data(events)
            .linear_asset(1.0)
            .constant_order_latency(DELAY_NS, DELAY_NS)
            .risk_adverse_queue_model()
            .no_partial_fill_exchange()
            .trading_value_fee_model(0.001, 0.001)
            .tick_size(0.01)
            .lot_size(0.001)
            .last_trades_capacity(1000)
            .roi_lb(25_000.0)
            .roi_ub(36_000.0)
        )
        test = ROIVectorMarketDepthBacktest([asset])

        def run():
            orders = ema_cross(test)
            state = test.state_values(0)
            result = orders, int(state.num_trades), float(state.balance - state.fee)
            test.close()
            return result

        return run

    def check(result):
        orders, fills, cash = result
        return {"orders": orders, "fills": fills, "cash": round(cash, 2)}

    return Job(len(events), prepare, check)


if __name__ == "__main__":
    serve({"ema": ema}, {name: version(name) for name in ("hftbacktest", "numba", "numpy")})
