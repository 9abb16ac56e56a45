"""Positions and profit, from facts."""
