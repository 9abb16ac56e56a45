"""Binance spot through ccxt.pro, for desktop and cloud; needs the extra `tradedeck[ccxt]`."""

from tradedeck.providers.ccxt.venue import CcxtVenue

__all__ = ["CcxtVenue"]
