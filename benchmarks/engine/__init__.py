"""The research engine beside its rivals, repetition by repetition, on the same seeded data."""
