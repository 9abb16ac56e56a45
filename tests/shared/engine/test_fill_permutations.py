"""Reports may come twice and in any order, from the stream and from look-ups: the books end the same."""

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from tests.shared.engine.bench import trade
from tradedeck.domain.events import Accepted, Canceled, Event, Expired, Filled, PlaceOrder, Unknown
from tradedeck.domain.fill import Fill
from tradedeck.domain.instrument import FeeSchedule, Instrument
from tradedeck.domain.order import OrderState, OrderType, Side
from tradedeck.engine import Engine

BTC = Instrument(
    "BTCUSDT", "binance", "BTC", "USDT", Decimal("0.01"), Decimal("0.001"), Decimal("0.001"), Decimal(1000), Decimal(1),
    FeeSchedule(Decimal(0), Decimal(0)),
)  # fmt: skip
NAME = "td-1"
FILLS = [
    Filled(
        Fill("BTCUSDT", str(n), NAME, Side.BUY, Decimal(90 + n), Decimal("0.2"), Decimal("0.1"), "USDT", True, n), "7"
    )
    for n in range(1, 5)
]


def ordered() -> Engine:
    engine = Engine([BTC], id_prefix="td")
    engine.step(trade(1, "100"))
    engine.step(PlaceOrder("BTCUSDT", Side.BUY, OrderType.LIMIT, Decimal(1), 10**9, price=Decimal(95)))
    return engine


@given(
    news=st.permutations([Accepted(NAME, "7", 5), *FILLS, *FILLS, *FILLS, Unknown(NAME, 6, "timeout")]),
    end=st.sampled_from([Canceled(NAME, 9), Expired(NAME, 9)]),
    when=st.integers(0, 14),
)
def test_any_order_and_any_repetition_of_reports_gives_the_same_books(
    news: list[Event], end: Canceled | Expired, when: int
) -> None:
    engine = ordered()
    for event in (*news[:when], end, *news[when:]):
        engine.step(event)
    order = engine.orders[NAME]
    assert order.filled == Decimal("0.8")
    assert order.state is (OrderState.CANCELED if isinstance(end, Canceled) else OrderState.EXPIRED)
    assert sorted(fill.trade_id for fill in engine.fills) == ["1", "2", "3", "4"]
    position = engine.position("BTCUSDT")
    assert position.size == Decimal("0.8")
    assert position.fees == Decimal("0.4")
    assert position.notional == sum(report.fill.notional for report in FILLS)


@given(news=st.permutations([*FILLS, *FILLS]), late=st.integers(1, 8))
def test_a_fill_after_the_end_counts_and_is_told(news: list[Filled], late: int) -> None:
    engine = ordered()
    steps = [engine.step(event) for event in (*news[: 8 - late], Canceled(NAME, 9), *news[8 - late :])]
    new_before = {report.fill.trade_id for report in news[: 8 - late]}
    notes = [note for step in steps for note in step.notes if "filled after it was canceled" in note.text]
    assert len(notes) == 4 - len(new_before)
    assert all(note.level == "warn" for note in notes)
    assert engine.position("BTCUSDT").size == Decimal("0.8")
