from decimal import Decimal

import pytest

from tradedeck.execution import Session
from tradedeck.sync import PositionRow
from tradedeck.wire.codec import Origin
from tradedeck_mobile.money import DAY_NS, day_change, holdings_of_cloud, worth_of


def test_the_first_figure_of_a_day_is_where_its_change_starts() -> None:
    kept, change, fraction = day_change("", 19_000, Decimal(100))
    assert (kept, change, fraction) == ("19000 100", 0, 0)
    kept, change, fraction = day_change(kept, 19_000, Decimal("110.5"))
    assert (kept, change, fraction) == ("19000 100", Decimal("10.5"), Decimal("0.105"))
    assert day_change(kept, 19_001, Decimal(90)) == ("19001 90", 0, 0)


def test_an_account_that_started_with_nothing_has_no_percentage() -> None:
    assert day_change("19000 0", 19_000, Decimal(5)) == ("19000 0", 5, None)


def test_figures_of_the_cloud_are_shown_as_they_came() -> None:
    row = PositionRow(
        Origin("binance", "main", "live"), "BTCUSDT", Decimal("0.02"), Decimal("1280.5"), Decimal("64000.01"),
        Decimal("1.000000001"), Decimal("-0.4998"), Decimal("0.123456789"), Decimal(1280), 3,
    )  # fmt: skip
    (holding,) = holdings_of_cloud([row])
    assert holding.entry == Decimal(64025)
    assert holding.profit == Decimal("1.000000001") + Decimal("-0.4998") - Decimal("0.123456789")


async def test_an_account_is_worth_its_money_and_its_coins_at_the_last_price(session: Session) -> None:
    worth = await worth_of(session, ["BTCUSDT"])
    assert worth is not None
    held = {balance.asset: balance.free + balance.locked for balance in await session.provider.balances()}
    price = session.engine.last_price("BTCUSDT")
    assert price is not None
    # The market moves between the questions.
    assert worth.amount == pytest.approx(held["USDT"] + held["BTC"] * price, rel=Decimal("0.01"))
    assert worth.time_ns // DAY_NS == session.now_ns() // DAY_NS
