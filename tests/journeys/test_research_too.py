"""Research asks for the very orders of the event loop, and so of paper and live: compiled and interpreted.

What differs is written in docs/reference/venue.md, "What differs from trading", and is taken out here and nowhere
else: how a stop that is too late is logged, and a successor that never met the market.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from itertools import islice

import pytest
from journeys.restless import Careful
from journeys.test_three_ways import BTC, SKIP

from tradedeck.domain.bar import Bar
from tradedeck.domain.order import Order, OrderState, OrderType
from tradedeck.history import bundled_week, read_bars
from tradedeck.history.series import series_of
from tradedeck.research.replay import replay as event_loop
from tradedeck.research.result import Kind, Run, State, Tier
from tradedeck.research.run import backtest
from tradedeck.research.settings import Account, Path, Settings
from tradedeck.sandbox.core import DEFAULT_BALANCES
from tradedeck.sim.kernel import layout as at
from tradedeck.sim.path import replay_bars

Asked = tuple[int, str, Decimal, Decimal | None, Decimal | None]
"""Side, type, size, price and stop."""
SAME_RULES = Settings(cash=Decimal(10_000_000), path=Path.AGAINST, account=Account.LINEAR)
"""The sandbox's account holds coins to sell: in research an account that may be short asks for no more."""


def without_gaps(count: int) -> list[Bar]:
    """Recorded bars, each opening where the one before closed: the next open is the price at once."""
    made: list[Bar] = []
    for bar in islice(read_bars(bundled_week(), BTC), SKIP, SKIP + count):
        then = made[-1].close if made else bar.open
        made.append(replace(bar, open=then, high=max(bar.high, then), low=min(bar.low, then)))
    return made


def asked_of_the_venue(orders: Sequence[Order]) -> list[Asked]:
    """A stop that comes too late is refused and sent again as a market order: one order of the strategy."""
    found: list[Asked] = []
    late: list[tuple[int, Decimal, int]] = []
    for order in orders:
        same = (order.side.sign, order.size, order.created_ns)
        if order.type is OrderType.MARKET and same in late:
            late.remove(same)
            continue
        found.append((order.side.sign, order.type.value, order.size, order.price, order.stop_price))
        if order.type is OrderType.STOP and order.state is OrderState.REJECTED:
            late.append(same)
    assert late == [], "every refused stop was sent again at once"
    return found


def asked_in_research(run: Run) -> list[Asked]:
    """Without successors that were canceled at the close that made them: live they are never sent."""
    names = {Kind.MARKET: "market", Kind.LIMIT: "limit", Kind.STOP: "stop", Kind.STOP_LIMIT: "stop_limit"}
    return [
        (
            int(order["sign"]),
            names[Kind(order["kind"])],
            run.grid.exact_size(int(order["lots"])),
            run.grid.exact_price(int(order["price"])) or None,
            run.grid.exact_price(int(order["stop"])) or None,
        )
        for order in run.orders
        if not (
            order["placed"] == order["ended"]
            and order["state"] == State.CANCELED
            and order["reason"] in (at.BY_STRATEGY, at.SUCCEEDED)
        )
    ]


@pytest.mark.parametrize("tier", [Tier.COMPILED, Tier.INTERPRETED])
def test_research_asks_for_what_the_event_loop_asks_for(tier: Tier) -> None:
    bars = without_gaps(240)
    events = event_loop(Careful, replay_bars(bars, BTC), BTC, balances=DEFAULT_BALANCES)
    run = backtest(Careful, series_of(bars), BTC, settings=SAME_RULES, tier=tier)
    wanted = asked_of_the_venue(events.orders)
    assert len(wanted) > 300
    assert asked_in_research(run) == wanted
