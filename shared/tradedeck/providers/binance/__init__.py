"""Binance spot, spoken directly over aiohttp: light enough for a phone."""

from tradedeck.providers.binance.spot import BinanceVenue

__all__ = ["BinanceVenue"]
