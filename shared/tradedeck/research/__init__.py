"""Research over recorded prices: `run.backtest` in columns, `replay.replay` by the live engine."""
