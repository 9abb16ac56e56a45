"""The Tradedeck library."""
