"""Figures for Prometheus."""

from __future__ import annotations

from prometheus_client import Counter, Gauge, Histogram

CALLS = Counter("tradedeck_calls", "Calls answered by services", ["service", "method", "outcome"])
CALL_SECONDS = Histogram("tradedeck_call_seconds", "Time a service took for a call", ["service", "method"])
REQUESTS = Counter("tradedeck_gateway_requests", "Requests at the gateway", ["door", "method", "outcome"])
FACTS = Counter("tradedeck_facts", "Facts taken from devices", ["kind"])
WATCHERS = Gauge("tradedeck_gateway_watchers", "Open live connections")
