"""An exchange for perpetual contracts in memory; wires of several venues stand on it."""
