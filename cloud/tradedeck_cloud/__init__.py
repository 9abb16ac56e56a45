"""The Tradedeck cloud."""
