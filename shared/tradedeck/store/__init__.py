"""The device's own file: journal of steps, outbox for the cloud, settings, secrets."""

from tradedeck.store.file import Account, KeptStep, OutboxLine, Store
from tradedeck.store.worker import StoreWorker

__all__ = ["Account", "KeptStep", "OutboxLine", "Store", "StoreWorker"]
