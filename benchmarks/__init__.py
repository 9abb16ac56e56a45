"""Figures beside those of rivals, measured in the same run: `python -m benchmarks`."""
