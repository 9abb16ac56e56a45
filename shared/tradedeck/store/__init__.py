"""The device's own file: journal of steps, outbox for the cloud, settings, secrets."""

from tradedeck.store.file import KeptStep, OutboxLine, Store
from tradedeck.store.worker import StoreWorker

__all__ = ["KeptStep", "OutboxLine", "Store", "StoreWorker"]
