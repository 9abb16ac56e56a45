"""An instrument's rules, told before anything leaves."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tradedeck.domain.bar import MINUTE_NS, Bar
from tradedeck.domain.errors import RefusedError
from tradedeck.domain.instrument import Instrument
from tradedeck.domain.order import Side
from tradedeck.sim.listings import LISTED

instruments = st.sampled_from(list(LISTED.values()))
prices = st.decimals(min_value=Decimal("0.001"), max_value=Decimal(10**6), places=9)


@given(instruments, prices)
def test_rounded_prices_and_sizes_pass_and_are_never_worse_than_asked(instrument: Instrument, amount: Decimal) -> None:
    buy, sell = instrument.round_price(amount, Side.BUY), instrument.round_price(amount, Side.SELL)
    assert buy <= amount <= sell
    assert sell - buy in (0, instrument.tick)
    if buy:
        instrument.check_price(buy)
    instrument.check_price(sell)
    size = instrument.round_size(amount)
    assert size <= amount
    if instrument.min_size <= size <= instrument.max_size:
        instrument.check_size(size)


@pytest.mark.parametrize("price", ["0", "-1", "100.001"])
def test_a_price_off_the_grid_is_refused_with_the_step(btc: Instrument, price: str) -> None:
    with pytest.raises(RefusedError, match=r"steps of 0\.01") as refused:
        btc.check_price(Decimal(price))
    assert refused.value.code == "filter.PRICE_FILTER"


@pytest.mark.parametrize("size", ["0", "-1", "0.000001", "9001", "0.123456"])
def test_a_size_out_of_bounds_or_between_lots_is_refused(btc: Instrument, size: str) -> None:
    with pytest.raises(RefusedError, match=r"between 0\.00001 and 9000"):
        btc.check_size(Decimal(size))


def test_a_notional_below_the_minimum_is_refused_with_the_minimum(btc: Instrument) -> None:
    btc.check_notional(Decimal(5), Decimal(1))
    with pytest.raises(RefusedError, match=r"4\.99 USDT is below the minimum of 5 USDT"):
        btc.check_notional(Decimal("4.99"), Decimal(1))


def test_decimals_follow_tick_and_lot(btc: Instrument) -> None:
    assert (btc.price_decimals(), btc.size_decimals()) == (2, 5)
    assert LISTED["XRPETH"].size_decimals() == 1


def test_a_bar_is_known_when_it_has_closed() -> None:
    one = Decimal(1)
    assert Bar("BTCUSDT", MINUTE_NS, 60, one, one, one, one, one).time_ns == 60 + MINUTE_NS
