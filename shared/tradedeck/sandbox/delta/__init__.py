"""Delta Exchange's real wire, on the sandbox's exchange for perpetuals."""
