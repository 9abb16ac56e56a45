"""The status bar: profit, the venue's and the cloud's state with their age, the venue's time."""

from __future__ import annotations

from decimal import Decimal

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QPushButton, QStatusBar

from tradedeck.ports.health import Health
from tradedeck.sync import SyncState
from tradedeck_desktop.kit.figures import clock, signed

_VENUE_WORDS = {
    "connecting": "○ venue connecting",
    "live": "● venue live",
    "stale": "◐ venue silent",
    "down": "○ venue down, reconnecting",
}
_CLOUD_WORDS = {
    "signed_out": "○ cloud: signed out",
    "connecting": "○ cloud: connecting",
    "up_to_date": "● cloud: up to date {as_of}Z, all devices {profit}",
    "sending": "● cloud: sending {waiting}",
    "offline": "○ cloud: offline, {waiting} waiting",
}


class StatusBar(QStatusBar):
    """Says in words how everything is; `cloud` may be clicked to log in."""

    def __init__(self) -> None:
        super().__init__()
        self.setSizeGripEnabled(False)
        self.profit, self.venue, self.time = QLabel("–"), QLabel("○ venue connecting"), QLabel()
        for label in (self.profit, self.time):
            label.setProperty("role", "figure")
        self.cloud = QPushButton("○ no cloud")
        self.cloud.setProperty("role", "flat")
        self.cloud.setCursor(Qt.CursorShape.PointingHandCursor)
        for part in (self.profit, self.venue, self.cloud):
            self.addWidget(part)
        self.addPermanentWidget(self.time)

    def show_health(self, health: Health, halted: str, failure: str, now_ns: int) -> None:
        """The venue's state; `now_ns` is wall-clock time, for the age of its last word."""
        if failure:
            text, tone = f"⚠ stopped: {failure}", "down"
        elif halted:
            text, tone = f"⚠ HALTED ({halted}): Ctrl+Shift+R resumes", "warn"
        else:
            text, tone = _VENUE_WORDS[health.state], "up" if health.state == "live" else "warn"
            if health.state != "live" and health.last_message_ns:
                text += f" for {(now_ns - health.last_message_ns) / 1e9:.0f} s"
            if health.detail:
                text += f": {health.detail}"
        self.venue.setText(text)
        _set_tone(self.venue, tone)

    def show_trouble(self, text: str) -> None:
        """Why the venue is not there."""
        self.venue.setText(f"⚠ {text}")
        _set_tone(self.venue, "warn")

    def show_sync(self, state: SyncState, profit: Decimal) -> None:
        """The cloud's state, and the net profit of all devices as it adds them up."""
        words = _CLOUD_WORDS[state.state]
        self.cloud.setText(words.format(as_of=clock(state.as_of_ns), waiting=state.waiting, profit=signed(profit)))
        self.cloud.setToolTip(state.detail)

    def show_figures(self, profit: Decimal, quote: str, venue_ns: int) -> None:
        """Net profit of the session in front and the venue's time."""
        self.profit.setText(f"net P&L {signed(profit)} {quote}")
        _set_tone(self.profit, "up" if profit > 0 else "down" if profit < 0 else "")
        self.time.setText(f"venue time {clock(venue_ns)} UTC")


def _set_tone(label: QLabel, tone: str) -> None:
    if label.property("tone") != tone:
        label.setProperty("tone", tone)
        label.style().polish(label)
