"""Binance USD-M futures' real wire, on the sandbox's exchange for perpetuals."""
