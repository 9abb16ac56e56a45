"""Two recorded minutes of Binance, from public captures of 2024-08-08."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from tradedeck.domain.instrument import FeeSchedule, Instrument
from tradedeck.research.depth import DepthSeries, read_depth, read_quotes

DATA = Path(__file__).parents[3] / "data"


@dataclass(frozen=True)
class Recorded:
    """One capture."""

    name: str
    files: str
    tick: str
    lot: str

    @property
    def instrument(self) -> Instrument:
        """What was captured; Binance's fees of then."""
        fees = FeeSchedule(Decimal("0.0002"), Decimal("0.0005"))
        lot = Decimal(self.lot)
        return Instrument(
            "BTCUSDT", "binance", "BTC", "USDT", Decimal(self.tick), lot, lot, Decimal(1_000), Decimal(5), fees
        )

    @property
    def depth(self) -> Path:
        """The levels."""
        return DATA / "depth" / f"depth_{self.files}.parquet"

    @property
    def trades(self) -> Path:
        """The tape."""
        return DATA / "depth" / f"trades_{self.files}.parquet"

    @property
    def quotes(self) -> Path:
        """The best prices, as received."""
        return DATA / "depth" / f"bbo_{self.files}.parquet"

    def best(self) -> DepthSeries:
        """Best prices and tape as columns."""
        return read_quotes(self.quotes, self.trades, self.instrument)

    def series(self) -> DepthSeries:
        """Both as columns."""
        return read_depth(self.depth, self.trades, self.instrument)


USDM = Recorded("usdm", "binance_usdm_BTCUSDT_20240808", "0.1", "0.001")
SPOT = Recorded("spot", "binance_spot_BTCUSDT_20240808_09", "0.01", "0.00001")
