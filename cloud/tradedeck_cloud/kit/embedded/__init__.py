"""Real servers in a data folder: PostgreSQL, NATS with JetStream and Valkey, started and stopped with us."""

from tradedeck_cloud.kit.embedded.servers import Addresses, Embedded, read_addresses, write_addresses

__all__ = ["Addresses", "Embedded", "read_addresses", "write_addresses"]
