"""What must be true after any number of deaths."""

from __future__ import annotations

from collections.abc import Mapping

from tradedeck.domain.order import OrderState
from tradedeck.engine import Engine
from tradedeck.sim.exchange import AccountBooks


def assert_books_agree(engine: Engine, books: AccountBooks, posts: Mapping[str, int]) -> None:
    """The venue has every order we say it has, once, with the fills we counted."""
    intents = set(engine.orders)
    at_venue = {order.client_order_id: order for order in books.orders.values()}
    assert [count for count in posts.values() if count > 1] == [], "nothing is ever sent twice"
    assert len(at_venue) == len(books.orders), "no order twice"
    assert set(at_venue) <= intents, "nothing at the venue that was not journalled first"
    assert {o.client_order_id for o in engine.orders.values() if o.venue_order_id} == set(at_venue), "none lost"
    for client_order_id, order in at_venue.items():
        known = engine.orders[client_order_id]
        assert (known.state, known.filled) == (order.state, order.filled)
    assert sorted(f.trade_id for f in engine.fills) == sorted(f.trade_id for f in books.fills)
    lost = [o for o in engine.orders.values() if o.state is OrderState.REJECTED]
    assert all("never reached" in order.reason for order in lost)
