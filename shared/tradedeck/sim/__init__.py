"""The venue made of arithmetic: matching, fees and balances over recorded prices."""
