"""Tradedeck for the phone."""
