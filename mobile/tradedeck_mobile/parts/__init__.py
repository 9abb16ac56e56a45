"""Pieces of screens: chart, rows, badges."""
