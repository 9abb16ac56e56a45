"""The device's line to the cloud: outbox up exactly once, the picture of every device down."""

from tradedeck.sync.api import CloudApi, Tokens
from tradedeck.sync.client import SyncClient, SyncState
from tradedeck.sync.link import GrpcLink, HttpLink, Link, open_link
from tradedeck.sync.replica import PositionRow, Replica

__all__ = [
    "CloudApi",
    "GrpcLink",
    "HttpLink",
    "Link",
    "PositionRow",
    "Replica",
    "SyncClient",
    "SyncState",
    "Tokens",
    "open_link",
]
