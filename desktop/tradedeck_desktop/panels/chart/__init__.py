"""The price chart and its timeframes."""
