"""One market: chart and order sheet."""
