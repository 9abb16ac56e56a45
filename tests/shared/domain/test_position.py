"""Positions against a naive oracle that moves one unit at a time."""

import random
from collections import deque
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tradedeck.domain.errors import RefusedError
from tradedeck.domain.fill import Fill
from tradedeck.domain.order import Side
from tradedeck.domain.position import Position, position_of


def fill(number: int, side: Side, price: Decimal, size: int, *, fee: str = "0.1", asset: str = "USDT") -> Fill:
    return Fill("BTCUSDT", str(number), "td1-1", side, price, Decimal(size), Decimal(fee), asset, False, number // 3)


trades = st.lists(
    st.tuples(st.sampled_from(list(Side)), st.decimals("0.01", "1000", places=2), st.integers(1, 6)), max_size=25
)


def oracle(fills: list[Fill]) -> tuple[Decimal, Decimal, Decimal]:
    """Size, cost and realised profit, unit by unit, first in first out."""
    units: deque[tuple[int, Decimal]] = deque()
    realised = Decimal(0)
    for one in fills:
        for _ in range(int(one.size)):
            if units and units[0][0] != one.side.sign:
                sign, entry = units.popleft()
                realised += (one.price - entry) * sign
            else:
                units.append((one.side.sign, one.price))
    return Decimal(sum(s for s, _ in units)), sum((s * p for s, p in units), Decimal(0)), realised


@given(trades, st.randoms(use_true_random=False), st.decimals("0.01", "1000", places=2))
def test_lots_agree_with_single_units_in_whatever_order_fills_arrive(
    rows: list[tuple[Side, Decimal, int]], chance: random.Random, mark: Decimal
) -> None:
    fills = [fill(number, *row) for number, row in enumerate(rows, 1)]
    mixed = list(fills)
    chance.shuffle(mixed)
    position = position_of("BTCUSDT", mixed, base="BTC", quote="USDT")
    size, cost, realised = oracle(fills)
    assert (position.size, position.cost, position.realised) == (size, cost, realised)
    assert position.unrealised(mark) == mark * size - cost
    assert position.fees == Decimal("0.1") * len(fills)
    assert position.notional == sum((f.price * f.size for f in fills), Decimal(0))
    assert position.fills == len(fills)
    # Money in equals money out: nothing is lost between cost, realised and cash.
    cash = -sum((f.notional * f.side.sign for f in fills), Decimal(0))
    assert cash + cost == realised


def test_an_average_price_is_there_only_with_a_position() -> None:
    assert Position("BTCUSDT").average_price is None
    fills = [fill(1, Side.BUY, Decimal(10), 1), fill(2, Side.BUY, Decimal(13), 2)]
    long = position_of("BTCUSDT", fills, base="BTC", quote="USDT")
    assert long.average_price == Decimal(12)


def test_fees_are_told_in_the_quote_asset_or_refused() -> None:
    assert fill(1, Side.BUY, Decimal(50), 1, fee="0.01", asset="BTC").fee_in_quote("BTC", "USDT") == Decimal("0.5")
    assert fill(1, Side.BUY, Decimal(50), 1, fee="0", asset="BNB").fee_in_quote("BTC", "USDT") == 0
    with pytest.raises(RefusedError, match="neither BTC nor USDT"):
        fill(1, Side.BUY, Decimal(50), 1, asset="BNB").fee_in_quote("BTC", "USDT")


def test_fills_of_one_moment_are_sorted_by_the_number_of_their_trade() -> None:
    ids = ["10", "9", "100", "2"]
    fills = [Fill("X", i, "c", Side.BUY, Decimal(1), Decimal(1), Decimal(0), "Q", True, 5) for i in ids]
    assert [f.trade_id for f in sorted(fills, key=lambda f: f.order_key)] == ["2", "9", "10", "100"]
