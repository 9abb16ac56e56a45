"""The research venue of one instrument, in whole ticks and lots.

Every function works on flat lists of integers and uses nothing that native code lacks, so one source
is both the reference (plain Python over lists) and, through `compile`, machine code over arrays.
"""
