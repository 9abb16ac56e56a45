from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from tests.mobile.conftest import Drawer
from tradedeck.domain.order import Order, OrderState, OrderType, Side, TimeInForce
from tradedeck.wire.codec import Origin
from tradedeck_mobile.app import Host
from tradedeck_mobile.device import Device
from tradedeck_mobile.money import Holding
from tradedeck_mobile.screens.account.state import KeyForm, forget_key, read_look, written_look
from tradedeck_mobile.screens.home.state import profit_lines, side_line
from tradedeck_mobile.screens.markets.state import matching
from tradedeck_mobile.screens.orders.state import TYPES, WORDS, headline, listed, progress, terms
from tradedeck_mobile.settings import Settings
from tradedeck_mobile.state import OrderRow, Quote

ORDER = Order(
    "td1", "BTCUSDT", Side.BUY, OrderType.LIMIT, Decimal("0.5"), Decimal(64_000), None, TimeInForce.GTC,
    False, False, "manual", 1, 1,
)  # fmt: skip


def row(state: OrderState) -> OrderRow:
    return OrderRow(replace(ORDER, state=state), Origin("binance", "main", "live"), True)


def test_every_state_and_type_of_an_order_has_words() -> None:
    assert set(WORDS) == set(OrderState)
    assert set(TYPES) == set(OrderType)


def test_an_unknown_order_counts_as_open() -> None:
    rows = [row(state) for state in OrderState]
    assert {r.order.state for r in listed(rows, "open")} == {state for state in OrderState if state.is_open}
    assert OrderState.UNKNOWN in {r.order.state for r in listed(rows, "open")}
    assert listed(rows, "all") == rows
    assert len(listed(rows, "open")) + len(listed(rows, "done")) == len(rows)


def test_an_order_reads_as_it_was_placed() -> None:
    assert headline(ORDER) == "Buy 0.5 BTCUSDT"
    assert terms(ORDER) == "Limit at 64,000"
    assert terms(replace(ORDER, post_only=True)) == "Post-only at 64,000"
    stop = replace(ORDER, type=OrderType.STOP_LIMIT, stop_price=Decimal("63999.5"))
    assert terms(stop) == "Stop limit at 64,000 when 63,999.5"
    assert progress(ORDER) == ""
    partly = replace(ORDER, filled=Decimal("0.2"), filled_quote=Decimal(12_700))
    assert progress(partly) == "0.2 of 0.5 at 63,500.00"


def test_markets_are_found_by_a_part_of_their_name() -> None:
    quotes = [Quote("BTCUSDT"), Quote("ETHUSDT")]
    assert [q.symbol for q in matching(quotes, "btc")] == ["BTCUSDT"]
    assert [q.symbol for q in matching(quotes, "eth/usdt")] == ["ETHUSDT"]
    assert matching(quotes, "") == quotes


def test_a_change_needs_a_price_before() -> None:
    assert Quote("BTCUSDT", last=Decimal(11), before=Decimal(10)).change == Decimal("0.1")
    assert Quote("BTCUSDT", last=Decimal(11)).change is None


def test_profit_is_added_up_to_the_last_digit() -> None:
    one = Holding("A", Decimal(1), None, None, Decimal("1.00000001"), Decimal("0.2"), Decimal("0.1"), 1)
    two = Holding("B", Decimal(-2), None, None, Decimal(-3), Decimal(0), Decimal("0.00000009"), 2)
    lines = {name: written for name, _, written, _ in profit_lines([one, two])}
    assert lines == {
        "profit": "−1.90000008",
        "realised": "−1.99999999",
        "unrealised": "+0.2",
        "fees": "0.10000009",
    }
    assert (side_line(one), side_line(two)) == ("Long · 1 fill", "Short · 2 fills")


@pytest.mark.parametrize("name", ["dark", "light"])
@pytest.mark.parametrize("blind", [True, False])
def test_a_look_is_remembered(name: str, blind: bool) -> None:
    assert read_look(written_look(name, blind=blind)) == (name, blind)


def test_without_a_kept_look_it_is_dark() -> None:
    assert read_look("") == ("dark", False)


async def test_a_key_needs_both_parts(tmp_path: Path, vault: Drawer) -> None:
    device = Device(Settings(data=tmp_path))
    form = KeyForm(key="only")
    assert not await form.save(device, vault)
    assert set(form.errors) == {"secret"}
    assert vault.kept == {}
    await device.close()


async def test_entering_a_key_trades_live_and_removing_it_goes_back_to_paper(host: Host, vault: Drawer) -> None:
    device = await host.device()
    await forget_key(device, vault)
    assert device.session is not None
    await device.session.wait_ready(10)
    assert device.session.mode == "paper"
    form = KeyForm(key="sandbox-key", secret="sandbox-secret")
    assert await form.save(device, vault)
    assert device.session.mode == "live"
    await device.session.wait_ready(10)
    assert (form.key, form.secret) == ("", "")
    assert vault.kept["venue_key"] == "sandbox-key"
