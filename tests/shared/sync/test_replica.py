"""The picture of every device, taken checkpoint by checkpoint."""

from dataclasses import replace
from decimal import Decimal

from tradedeck.domain.fill import Fill
from tradedeck.domain.order import Order, OrderState, OrderType, Side, TimeInForce
from tradedeck.sync import PositionRow, Replica
from tradedeck.sync.replica import Checkpoint
from tradedeck.wire.codec import Origin

ORIGIN = Origin("binance", "main", "live")
ORDER = Order(
    "td1-1", "BTCUSDT", Side.BUY, OrderType.MARKET, Decimal(1), None, None, TimeInForce.GTC, False, False, "manual",
    1, 1, revision=3,
)  # fmt: skip
FILL = Fill("BTCUSDT", "5", "td1-1", Side.BUY, Decimal(9), Decimal(1), Decimal(0), "USDT", False, 1)
POSITION = PositionRow(
    ORIGIN, "BTCUSDT", Decimal(1), Decimal(9), Decimal(12), Decimal(4), Decimal(3), Decimal("0.5"), Decimal(9), 1
)


def test_a_checkpoint_is_taken_whole_and_twice_changes_nothing() -> None:
    replica = Replica()
    checkpoint = Checkpoint(7, ((ORDER, ORIGIN),), ((FILL, ORIGIN),), (POSITION,), 99)
    assert replica.apply(checkpoint)
    before = replace(replica, orders=dict(replica.orders), fills=dict(replica.fills))
    replica.apply(checkpoint)
    assert replica == before
    assert (replica.cursor, replica.as_of_ns) == (7, 99)
    assert replica.profit("live") == Decimal("6.5")
    assert replica.profit("paper") == 0


def test_an_older_revision_never_replaces_a_newer_one() -> None:
    replica = Replica()
    replica.apply(Checkpoint(1, ((ORDER, ORIGIN),), (), (), 1))
    replica.apply(Checkpoint(2, ((replace(ORDER, revision=2, state=OrderState.REJECTED), ORIGIN),), (), (), 2))
    assert replica.orders["td1-1"] == (ORDER, ORIGIN)
    newer = replace(ORDER, revision=4, state=OrderState.FILLED)
    replica.apply(Checkpoint(3, ((newer, ORIGIN),), (), (), 3))
    assert replica.orders["td1-1"] == (newer, ORIGIN)


def test_nothing_new_is_no_change() -> None:
    replica = Replica()
    assert not replica.apply(Checkpoint(1, (), (), (), 5))
    assert replica.as_of_ns == 5
