"""Research: the same engine and strategies over recorded prices."""

from tradedeck.research.backtest import BacktestResult, backtest

__all__ = ["BacktestResult", "backtest"]
