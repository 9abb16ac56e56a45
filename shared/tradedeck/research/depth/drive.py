"""A strategy class of plain Python over a recorded book."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from tradedeck.domain.instrument import Instrument
from tradedeck.engine.seen import SeenFill, SeenTrade
from tradedeck.ports.strategy import Strategy
from tradedeck.research.depth.desk import DepthBook, DepthDesk, DepthSetup, double
from tradedeck.research.depth.run import DepthRun, finished, open_replay, plain
from tradedeck.research.depth.series import DepthSeries
from tradedeck.research.depth.settings import DepthSettings
from tradedeck.sim.depth.layout import (
    AT,
    BUYER_TOOK,
    END,
    FILL_LOCAL_NS,
    FILL_MAKER,
    FILL_ORDER,
    FILL_PRICE,
    FILL_SIGN,
    FILL_SIZE,
    FULL,
    KIND,
    LOCAL_NS,
    LOTS,
    ON_BOOK,
    ON_FILL,
    ON_ORDER,
    ON_TRADE,
    POSITION,
    PRICE,
    WAKES,
)  # fmt: skip
from tradedeck.sim.depth.replay import advance


def replay_depth(
    strategy_class: type[Strategy],
    series: DepthSeries,
    instrument: Instrument,
    params: Mapping[str, str],
    settings: DepthSettings,
) -> DepthRun:
    """Show a strategy the tape (`on_trade`), the book (`on_book`) and its fills (`on_fill`), as it comes to know them.

    It may buy, sell, cancel, replace and ask for a target, by market, limit, IOC, FOK and post-only orders.

    Raises:
        RefusedError: a parameter is wrong, the strategy needs bars, or asks for what a book can't do.
    """
    replay = plain(open_replay(series, instrument, settings))
    strategy = strategy_class()
    setup = DepthSetup(params)
    strategy.setup(setup)
    setup.check_names()
    desk = DepthDesk(replay, instrument, float(settings.cash))
    strategy.desk = desk
    replay.state[WAKES] = _wakes(strategy_class)
    book = DepthBook(replay, instrument.symbol, desk.grid)
    while True:
        event = advance(replay)
        if event == FULL:
            double(replay)
        elif event == END:
            run = finished(replay, series, instrument, settings)
            run.fills["order"] = [desk.number_of(sent) for sent in run.fills["order"].tolist()]
            run.orders["number"] = [desk.number_of(sent) for sent in run.orders["number"].tolist()]
            values = {one.name: params.get(one.name, one.default) for one in setup.parameters}
            return replace(run, params=values, notes=tuple(desk.notes))
        elif event == ON_BOOK:
            strategy.on_book(book)
        elif event == ON_TRADE:
            _trade(strategy, desk)
        elif event == ON_FILL:
            _fill(strategy, desk)
        else:
            desk.told(replay.state[AT])


def _wakes(strategy_class: type[Strategy]) -> int:
    """Only what the strategy looks at; trades always, since they value its position."""
    wakes = ON_TRADE | ON_FILL | ON_ORDER
    return wakes if strategy_class.on_book is Strategy.on_book else wakes | ON_BOOK


def _trade(strategy: Strategy, desk: DepthDesk) -> None:
    rows = desk.replay.home
    at = desk.replay.state[AT]
    desk.last_price = desk.grid.price(rows[at + PRICE])
    side = 1 if rows[at + KIND] == BUYER_TOOK else -1
    size = desk.grid.size(rows[at + LOTS])
    strategy.on_trade(SeenTrade(desk.symbol, rows[at + LOCAL_NS], desk.last_price, size, side))


def _fill(strategy: Strategy, desk: DepthDesk) -> None:
    fills = desk.replay.fills
    at = desk.replay.state[AT]
    side = fills[at + FILL_SIGN]
    price = desk.grid.price(fills[at + FILL_PRICE])
    size = desk.grid.size(fills[at + FILL_SIZE])
    desk.cash -= side * price * size
    strategy.position = desk.grid.size(desk.replay.state[POSITION])
    order = desk.told(fills[at + FILL_ORDER])
    maker = fills[at + FILL_MAKER] > 0
    strategy.on_fill(SeenFill(desk.symbol, order, side, price, size, maker, fills[at + FILL_LOCAL_NS]))
