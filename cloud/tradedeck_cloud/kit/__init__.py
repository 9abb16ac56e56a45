"""What every service of the cloud needs: database, bus, outbox, log-in tokens, limits, embedded servers."""
