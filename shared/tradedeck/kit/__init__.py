"""What any program needs and trading does not: clock, logging, waiting."""
