"""The same strategies on recorded books in hftbacktest and here: same fills, and how fast each is.

Not part of `make test`: run it where hftbacktest 2.4.4, polars, pyarrow and numba are installed,

    PYTHONPATH=shared python benchmarks/engine/l2_parity.py FOLDER_OF_RECORDED_DATA [TICKS]

It compares every fill (order, time, price, size, maker) on whole files and on the slices of tests/data/depth,
keeps the latter's in tests/data/parity, and times both on a synthetic feed of 3 * TICKS rows. Sizes are lots,
prices ticks, times UTC ns. A rival's fill without a fill of ours, or the other way round, ends it with 1.
"""
# pyright: basic, reportMissingImports=false, reportAttributeAccessIssue=false
# pyright: reportArgumentType=false, reportCallIssue=false, reportIndexIssue=false, reportOptionalMemberAccess=false

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from time import perf_counter

import hftbacktest as hft
import numpy as np
from hftbacktest.types import (
    BUY_EVENT,
    DEPTH_CLEAR_EVENT,
    DEPTH_EVENT,
    EXCH_EVENT,
    LOCAL_EVENT,
    SELL_EVENT,
    TRADE_EVENT,
    event_dtype,
)  # fmt: skip
from numba import njit

from tradedeck.compile.depth import native_loop
from tradedeck.domain.instrument import FeeSchedule, Instrument
from tradedeck.research.depth import DepthRun, DepthSeries, DepthSettings, Queue, read_depth, run_loop
from tradedeck.research.depth.run import open_replay, rows_of
from tradedeck.sim.depth.layout import ASK, BID, BUYER_TOOK, CLEAR, END, FILLS, SELLER_TOOK
from tradedeck.sim.depth.samples import crossing, quoting

KEPT = Path(__file__).parents[2] / "tests" / "data"
DELAY_NS = 1_000_000
FOREVER = 10**15
EVENTS = {
    BID: DEPTH_EVENT | BUY_EVENT, ASK: DEPTH_EVENT | SELL_EVENT, CLEAR: DEPTH_CLEAR_EVENT,
    BUYER_TOOK: TRADE_EVENT | BUY_EVENT, SELLER_TOOK: TRADE_EVENT | SELL_EVENT,
}  # fmt: skip


@dataclass(frozen=True)
class Case:
    """One comparison: a strategy's lots, 0 for the crossing of averages, and a venue."""

    name: str
    lots: int
    settings: DepthSettings


def settings(queue: Queue = Queue.RISK_AVERSE, *, partial: bool = False, delay: int = DELAY_NS) -> DepthSettings:
    """Constant delays, as hftbacktest has them."""
    return DepthSettings(to_venue_ns=(delay,), to_home_ns=(delay,), queue=queue, partial=partial, exponent=2.0)


CASES = (
    Case("crossing", 0, settings()),
    Case("quoting", 1, settings()),
    Case("quoting-slow", 1, settings(delay=50_000_000)),
    Case("quoting-power", 1, settings(Queue.POWER)),
    Case("quoting-log", 1, settings(Queue.LOG)),
    Case("quoting-power-of-total", 1, settings(Queue.POWER_OF_TOTAL)),
    Case("quoting-log-of-total", 1, settings(Queue.LOG_OF_TOTAL)),
    Case("quoting-power-of-share", 1, settings(Queue.POWER_OF_SHARE)),
    Case("quoting-partial", 777, settings(partial=True)),
    Case("quoting-partial-log", 777, settings(Queue.LOG, partial=True)),
)


@njit
def rival_crossing(hbt, size, tick, log):
    """Averages of trade prices over 100 and 500, market orders; each fill as order, ns, tick, lots, maker."""
    quick = 0.0
    calm = 0.0
    seen = 0
    held = False
    sent = 0
    done = 0
    while True:
        end = hbt.wait_next_feed(False, FOREVER)
        for trade in hbt.last_trades(0):
            price = round(trade.px / tick) * tick
            if seen == 0:
                quick = price
                calm = price
            quick += 2 / 101.0 * (price - quick)
            calm += 2 / 501.0 * (price - calm)
            seen += 1
            if seen < 500:
                continue
            if quick > calm and not held:
                sent += 1
                hbt.submit_buy_order(0, sent, price, size, hft.GTC, hft.MARKET, False)
                held = True
            elif held and quick <= calm:
                sent += 1
                hbt.submit_sell_order(0, sent, price, size, hft.GTC, hft.MARKET, False)
                held = False
        hbt.clear_last_trades(0)
        while done < sent and hbt.orders(0).get(done + 1).status == hft.FILLED:
            done += 1
            order = hbt.orders(0).get(done)
            log[done - 1, 0] = done
            log[done - 1, 1] = order.exch_timestamp
            log[done - 1, 2] = order.exec_price_tick
            log[done - 1, 3] = round(order.exec_qty / size)
            log[done - 1, 4] = order.arr[0].maker
        if end == 1:
            return done, end


@njit
def rival_note(hbt, quote, side, left, stamp, lot, row):
    """Write down what is new of a quote's fills; how many."""
    if quote == 0:
        return 0
    order = hbt.orders(0).get(quote)
    if order.leaves_qty >= left[side] or order.exch_timestamp == stamp[side]:
        return 0
    row[0] = quote
    row[1] = order.exch_timestamp
    row[2] = order.exec_price_tick
    row[3] = round((left[side] - order.leaves_qty) / lot)
    row[4] = order.arr[0].maker
    left[side] = order.leaves_qty
    stamp[side] = order.exch_timestamp
    return 1


@njit
def rival_quoting(hbt, lots, lot, skip, partial, log):
    """A post-only order at each best price; each fill as order, ns, tick, lots, maker.

    `skip` what arrives with a trade: recorded books and trades arrive apart, and only books move quotes.
    `partial` looks at every answer, since an order then shows only its last fill; else once a message.
    """
    size = lots * lot
    quotes = np.zeros(2, np.int64)
    left = np.zeros(2)
    stamp = np.zeros(2, np.int64)
    sent = 0
    fills = 0
    while True:
        end = hbt.wait_next_feed(partial, FOREVER)
        for side in range(2):
            fills += rival_note(hbt, quotes[side], side, left, stamp, lot, log[fills])
        if end not in (0, 2, 3):
            return fills, end
        trades = len(hbt.last_trades(0))
        hbt.clear_last_trades(0)
        if end != 2 or (skip and trades > 0):
            continue
        depth = hbt.depth(0)
        if np.isnan(depth.best_bid) or np.isnan(depth.best_ask):
            continue
        for side in range(2):
            tick = depth.best_bid_tick if side == 0 else depth.best_ask_tick
            if quotes[side] > 0:
                order = hbt.orders(0).get(quotes[side])
                if order.status not in (hft.EXPIRED, hft.FILLED, hft.CANCELED):
                    if order.price_tick != tick and order.cancellable:
                        hbt.cancel(0, quotes[side], False)
                    continue
            sent += 1
            quotes[side] = sent
            left[side] = size
            stamp[side] = 0
            if side == 0:
                hbt.submit_buy_order(0, sent, tick * depth.tick_size, size, hft.GTX, hft.LIMIT, False)
            else:
                hbt.submit_sell_order(0, sent, tick * depth.tick_size, size, hft.GTX, hft.LIMIT, False)


def rival_events(series: DepthSeries, instrument: Instrument) -> np.ndarray:
    """The series as hftbacktest takes it: the venue's sequence and the strategy's, or one for both."""
    flags = np.array([EVENTS[kind] for kind in range(5)], np.uint64)
    events = np.zeros(len(series), event_dtype)
    events["ev"] = flags[series.kind]
    events["exch_ts"] = series.venue_ns
    events["local_ts"] = series.local_ns
    events["px"] = series.price * float(instrument.tick)
    events["qty"] = series.lots * float(instrument.lot)
    if np.all(np.diff(series.venue_ns) >= 0):
        events["ev"] |= np.uint64(EXCH_EVENT | LOCAL_EVENT)
        return events
    venue = events[np.argsort(series.venue_ns, kind="stable")]
    venue["ev"] |= np.uint64(EXCH_EVENT)
    events["ev"] |= np.uint64(LOCAL_EVENT)
    return np.concatenate([venue, events])


def rival(events: np.ndarray, instrument: Instrument, assumed: DepthSettings, window: tuple[float, float] = (0, 0)):
    """An hftbacktest with the same assumptions; its book is a vector over `window`, or a map without one."""
    asset = hft.BacktestAsset().data(events).linear_asset(1.0).last_trades_capacity(10_000)
    asset = asset.tick_size(float(instrument.tick)).lot_size(float(instrument.lot)).trading_value_fee_model(0.0, 0.0)
    asset = asset.constant_order_latency(assumed.to_venue_ns[0], assumed.to_home_ns[0])
    asset = asset.partial_fill_exchange() if assumed.partial else asset.no_partial_fill_exchange()
    model, *exponent = {
        Queue.RISK_AVERSE: (asset.risk_adverse_queue_model,),
        Queue.POWER: (asset.power_prob_queue_model, assumed.exponent),
        Queue.POWER_OF_TOTAL: (asset.power_prob_queue_model2, assumed.exponent),
        Queue.POWER_OF_SHARE: (asset.power_prob_queue_model3, assumed.exponent),
        Queue.LOG: (asset.log_prob_queue_model,),
        Queue.LOG_OF_TOTAL: (asset.log_prob_queue_model2,),
    }[assumed.queue]
    asset = model(*exponent)
    if window == (0, 0):
        return hft.HashMapMarketDepthBacktest([asset])
    return hft.ROIVectorMarketDepthBacktest([asset.roi_lb(window[0]).roi_ub(window[1])])


def their_fills(series: DepthSeries, instrument: Instrument, case: Case) -> tuple[list[list[int]], bool]:
    """Order, time, price, size, maker of every fill by hftbacktest, and whether it came to the end.

    With partial fills it stops with "invalid order status" once a trade leaves exactly nothing of an order.
    """
    log = np.zeros((1_000_000, 5), np.int64)
    # Named: hftbacktest keeps only the address.
    events = rival_events(series, instrument)
    hbt = rival(events, instrument, case.settings)
    lot = float(instrument.lot)
    if case.lots:
        count, end = rival_quoting(hbt, case.lots, lot, True, case.settings.partial, log)
    else:
        count, end = rival_crossing(hbt, lot, float(instrument.tick), log)
    return log[:count].tolist(), end == 1


def our_run(series: DepthSeries, instrument: Instrument, case: Case) -> DepthRun:
    """The same by us."""
    if case.lots:
        return run_loop(quoting, series, instrument, case.settings, case.lots)
    return run_loop(crossing, series, instrument, case.settings, 100, 500, 1, float(instrument.tick))


def our_fills(run: DepthRun) -> list[list[int]]:
    """Ours as hftbacktest shows them: what one order filled at one moment is one fill."""
    merged: dict[tuple[int, int], list[int]] = {}
    for order, venue_ns, _, _, price, lots, maker in run.fills.tolist():
        merged.setdefault((order, venue_ns), [order, venue_ns, price, 0, maker])[3] += lots
    return list(merged.values())


def compare(name: str, series: DepthSeries, instrument: Instrument, keep: bool) -> int:
    """Compare all cases on one series; how many differ."""
    # What happens last reaches no strategy in hftbacktest.
    end_ns = int(series.local_ns[-1]) - 1_000_000_000
    different = 0
    kept: dict[str, list[list[int]]] = {}
    for case in CASES:
        theirs, whole = their_fills(series, instrument, case)
        last_ns = end_ns if whole else theirs[-1][1]
        theirs, ours = (
            sorted(fill for fill in fills if fill[1] < last_ns)
            for fills in (theirs, our_fills(our_run(series, instrument, case)))
        )
        common = {tuple(fill) for fill in theirs} & {tuple(fill) for fill in ours}
        same = ours == theirs
        different += not same
        kept[case.name] = theirs
        end = "" if whole else ", theirs stopped"
        print(f"{name} {case.name}: {len(theirs)} fills theirs, {len(ours)} ours, {len(common)} equal{end}")
    if keep:
        path = KEPT / "parity" / f"hftbacktest_{name}.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps({"by": "hftbacktest 2.4.4", "end_ns": end_ns, "fills": kept}) + "\n")
    return different


def synthetic(ticks: int, instrument: Instrument) -> DepthSeries:
    """A walk as in other benchmarks: a bid level, an ask level and a trade for each tick, 1 ms on the way."""
    rng = np.random.default_rng(43)
    ns = 1_609_459_200_000_000_000 + np.cumsum(rng.exponential(50e6, ticks).astype(np.int64) + 1)
    price = np.rint(3_000_000.0 * np.exp(np.cumsum(rng.normal(0, 2e-5, ticks)))).astype(np.int64)
    lots = np.rint(rng.lognormal(-3, 1.0, ticks) * 1000).astype(np.int64) + 1
    took = np.where(rng.random(ticks) < 0.5, BUYER_TOOK, SELLER_TOOK)

    def three(a: np.ndarray | int, b: np.ndarray | int, c: np.ndarray) -> np.ndarray:
        rows = np.empty(3 * ticks, np.int64)
        rows[0::3], rows[1::3], rows[2::3] = a, b, c
        return rows

    times = np.repeat(ns, 3)
    return DepthSeries(
        instrument.symbol,
        three(BID, ASK, took),
        times,
        times + DELAY_NS,
        three(price - 1, price + 1, price),
        three(lots + 1_000, lots + 1_000, lots),
    )


def race(ticks: int) -> None:
    """Both through a synthetic feed, by turns; the best of four each."""
    instrument = described("synthetic", "0.01", "0.001")
    series = synthetic(ticks, instrument)
    events = rival_events(series, instrument)
    rows = rows_of(series)
    tick, lot = float(instrument.tick), float(instrument.lot)
    window = (float(series.price.min() * tick) - 100, float(series.price.max() * tick) + 100)
    log = np.zeros((2 * ticks, 5), np.int64)
    assumed = CASES[0].settings
    for name, theirs, ours, room in (
        ("crossing", lambda hbt: rival_crossing(hbt, lot, tick, log), (crossing, 100, 500, 1, tick), 100_000),
        ("quoting", lambda hbt: rival_quoting(hbt, 1, lot, False, False, log), (quoting, 1), 4 * ticks + 10_000),
    ):
        seconds: list[list[float]] = [[], []]
        for _ in range(4):
            hbt = rival(events, instrument, assumed, window)
            replay = open_replay(series, instrument, assumed, room=room, rows=rows)
            loop = native_loop(ours[0])
            started = perf_counter()
            fills, _ = theirs(hbt)
            between = perf_counter()
            end = loop(replay, *ours[1:])
            ended = perf_counter()
            if end != END:
                raise SystemExit(f"{name}: the logs were too short")
            seconds[0].append(between - started)
            seconds[1].append(ended - between)
            made = replay.state[FILLS]
        for who, times, count in (("theirs", seconds[0], fills), ("ours", seconds[1], made)):
            best = min(times)
            print(f"{name} {who}: {best:.3f} s, {len(series) / best / 1e6:.1f} M rows/s, {count} fills", flush=True)


def described(symbol: str, tick: str, lot: str) -> Instrument:
    """An instrument with nothing but its steps."""
    fees = FeeSchedule(Decimal(0), Decimal(0))
    return Instrument(
        symbol, "binance", "BTC", "USDT", Decimal(tick), Decimal(lot), Decimal(lot), Decimal(1_000), Decimal(5), fees
    )


def main() -> int:
    """Compare, then race; 1 when a fill differs."""
    data = Path(sys.argv[1])
    different = 0
    for name, recorded, tick, lot in (
        ("usdm", "binance_usdm_BTCUSDT_20240808", "0.1", "0.001"),
        ("spot", "binance_spot_BTCUSDT_20240808_09", "0.01", "0.00001"),
    ):
        instrument = described("BTCUSDT", tick, lot)
        for folder, title in ((KEPT / "depth", name), (data, f"{name}-whole")):
            series = read_depth(folder / f"depth_{recorded}.parquet", folder / f"trades_{recorded}.parquet", instrument)
            different += compare(title, series, instrument, keep=folder != data)
    race(int(sys.argv[2]) if len(sys.argv) > 2 else 5_000_000)
    return min(different, 1)


if __name__ == "__main__":
    raise SystemExit(main())
