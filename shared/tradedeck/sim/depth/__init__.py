"""An order book replayed row by row, and a place in its queues: pure functions over flat columns.

The same source runs in plain Python over lists and, through `tradedeck.compile.depth`, natively over arrays.
"""
