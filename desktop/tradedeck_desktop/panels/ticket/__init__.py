"""Placing orders by hand."""
