"""What a trader types: accounts, live sessions, a check-up, and the story of an order."""
