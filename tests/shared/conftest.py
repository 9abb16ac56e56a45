"""An instrument everybody knows."""

from decimal import Decimal

import pytest

from tradedeck.domain.instrument import FeeSchedule, Instrument


@pytest.fixture(scope="session")
def btc() -> Instrument:
    return Instrument(
        symbol="BTCUSDT",
        venue="binance",
        base="BTC",
        quote="USDT",
        tick=Decimal("0.01"),
        lot=Decimal("0.00001"),
        min_size=Decimal("0.00001"),
        max_size=Decimal(9000),
        min_notional=Decimal(5),
        fees=FeeSchedule(Decimal("0.001"), Decimal("0.001")),
    )
