"""Open and recent orders."""
