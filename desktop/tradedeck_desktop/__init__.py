"""The Tradedeck desktop terminal."""
