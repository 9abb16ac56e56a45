"""Binance spot and USD-M perpetuals, spoken directly over aiohttp: light enough for a phone."""

from tradedeck.providers.binance.usdm import BinanceUsdm
from tradedeck.providers.binance.venue import BinanceVenue

__all__ = ["BinanceUsdm", "BinanceVenue"]
