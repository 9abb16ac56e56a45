"""The web console: server-rendered pages, a client of the gateway like any other."""
