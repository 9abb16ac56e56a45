"""The envelope of the bus, as plain values. The only module of the kit that knows message classes."""

from __future__ import annotations

from dataclasses import dataclass

from tradedeck.wire.bus.v1 import bus_pb2 as wire
from tradedeck_cloud.kit.problems import error_of


@dataclass(frozen=True, slots=True)
class Call:
    """A request of a known user (empty where no log-in is needed); `deadline_ns` in UTC."""

    user_id: str
    trace_id: str
    deadline_ns: int
    body: bytes


@dataclass(frozen=True, slots=True)
class Envelope:
    """A fact: whose, when, and its serialised message."""

    fact_id: str
    name: str
    user_id: str
    time_ns: int
    body: bytes


def write_call(call: Call) -> bytes:
    """For the bus."""
    return wire.Call(
        user_id=call.user_id, trace_id=call.trace_id, deadline_ns=call.deadline_ns, body=call.body
    ).SerializeToString()


def read_call(data: bytes) -> Call:
    """From the bus."""
    call = wire.Call.FromString(data)
    return Call(call.user_id, call.trace_id, call.deadline_ns, call.body)


def answered(body: bytes) -> bytes:
    """A good answer."""
    return wire.Reply(body=body).SerializeToString()


def failed(kind: str, code: str, message: str) -> bytes:
    """A problem as the answer."""
    return wire.Reply(problem=wire.Problem(kind=kind, code=code, message=message)).SerializeToString()


def read_reply(data: bytes) -> bytes:
    """The answer's body.

    Raises:
        TradedeckError: the service answered with a problem; its kind is the error's.
    """
    reply = wire.Reply.FromString(data)
    if reply.WhichOneof("outcome") == "problem":
        raise error_of(reply.problem.kind, reply.problem.code, reply.problem.message)
    return reply.body


def write_fact(fact: Envelope) -> bytes:
    """For the outbox and the bus."""
    return wire.Fact(
        fact_id=fact.fact_id, name=fact.name, user_id=fact.user_id, time_ns=fact.time_ns, body=fact.body
    ).SerializeToString()


def read_fact(data: bytes) -> Envelope:
    """From the bus."""
    fact = wire.Fact.FromString(data)
    return Envelope(fact.fact_id, fact.name, fact.user_id, fact.time_ns, fact.body)
