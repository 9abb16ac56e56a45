"""Whatever becomes of orders, and in whatever order it is told: together they never pass a limit."""

from dataclasses import replace
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.shared.engine.risk.desk import Desk, wish
from tradedeck.domain.limits import NO_LIMITS
from tradedeck.domain.order import Order, OrderState, Side

MOST = Decimal(100)
OPEN = 40
LIMITS = replace(
    NO_LIMITS, max_position_size=MOST, max_position_notional=MOST * 100, max_order_size=MOST, max_open_orders=OPEN,
    max_leverage=Decimal(1), equity=MOST * 100,
)  # fmt: skip
asks = st.tuples(st.just("ask"), st.integers(1, 100), st.sampled_from(Side))
fates = st.tuples(st.sampled_from(["accept", "fill", "part", "cancel", "lose"]), st.integers(0, OPEN), st.none())


def reach(desk: Desk, side: Side) -> Decimal:
    """The position were every open order of this side to fill."""
    waiting = sum((o.remaining for o in desk.engine.open_orders.values() if o.side is side), Decimal(0))
    return desk.engine.position("BTCPERP").size * side.sign + waiting


def befall(desk: Desk, fate: str, order: Order) -> None:
    if fate == "fill":
        desk.fill(order)
    elif fate == "part":
        desk.fill(order, "0.5" if order.remaining >= 1 else str(order.remaining))
    elif fate == "accept":
        desk.accept(order)
    elif fate == "cancel":
        desk.cancel(order)
    else:
        desk.lose(order)


@settings(max_examples=60, deadline=None)
@given(st.lists(asks | fates, max_size=60))
def test_no_interleaving_of_answers_takes_open_orders_and_fills_beyond_a_limit(
    script: list[tuple[str, int, Side | None]],
) -> None:
    desk = Desk(LIMITS)
    for what, number, side in script:
        if side is not None:
            desk.ask(wish(str(number), symbol="BTCPERP", side=side))
        elif orders := list(desk.engine.open_orders.values()):
            befall(desk, what, orders[number % len(orders)])
        assert all(reach(desk, one) <= MOST for one in Side)
        assert len(desk.engine.open_orders) <= OPEN


def test_of_500_orders_at_once_each_at_the_whole_limit_one_goes_out() -> None:
    desk = Desk(replace(LIMITS, max_open_orders=None))
    codes = [desk.ask(wish("100", symbol="BTCPERP")) for _ in range(500)]
    assert codes.count("") == 1
    assert set(codes[1:]) == {"risk.max_position_size"}


@settings(max_examples=5, deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from(["accept", "fill", "part", "lose"]), st.integers(0, 10**6)),
        min_size=500,
        max_size=500,
    )
)
def test_500_orders_answered_as_they_come_fill_the_limit_and_never_pass_it(fates: list[tuple[str, int]]) -> None:
    desk = Desk(replace(LIMITS, max_open_orders=None))
    for fate, number in fates:
        desk.ask(wish("1", symbol="BTCPERP"))
        orders = list(desk.engine.open_orders.values())
        if orders:
            befall(desk, fate, orders[number % len(orders)])
        assert reach(desk, Side.BUY) <= MOST
    assert reach(desk, Side.BUY) == MOST
    sent = [order for order in desk.engine.orders.values() if order.state is not OrderState.REFUSED]
    assert len(sent) == MOST


def test_an_order_of_unknown_fate_holds_its_place_until_it_is_known_to_be_gone() -> None:
    desk = Desk(LIMITS)
    order = desk.engine.step(wish("100", symbol="BTCPERP")).orders[0]
    desk.lose(order)
    assert desk.ask(wish("0.001", symbol="BTCPERP")) == "risk.max_position_size"
    desk.cancel(order)
    assert desk.ask(wish("100", symbol="BTCPERP")) == ""
