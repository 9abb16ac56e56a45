"""From plain Python to native code: the same source, run over whole arrays.

Needs numpy; numba makes it fast (`pip install tradedeck[native]`), and without it all runs in plain Python.
"""
