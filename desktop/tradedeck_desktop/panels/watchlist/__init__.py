"""Symbols with their last price."""
