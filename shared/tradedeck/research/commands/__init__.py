"""The command line of searches."""
