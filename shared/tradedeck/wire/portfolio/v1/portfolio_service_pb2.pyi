from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Position(_message.Message):
    __slots__ = ("venue", "account", "symbol", "mode", "size", "cost", "mark", "mark_time_ns", "realised", "unrealised", "fees", "notional", "fills")
    VENUE_FIELD_NUMBER: _ClassVar[int]
    ACCOUNT_FIELD_NUMBER: _ClassVar[int]
    SYMBOL_FIELD_NUMBER: _ClassVar[int]
    MODE_FIELD_NUMBER: _ClassVar[int]
    SIZE_FIELD_NUMBER: _ClassVar[int]
    COST_FIELD_NUMBER: _ClassVar[int]
    MARK_FIELD_NUMBER: _ClassVar[int]
    MARK_TIME_NS_FIELD_NUMBER: _ClassVar[int]
    REALISED_FIELD_NUMBER: _ClassVar[int]
    UNREALISED_FIELD_NUMBER: _ClassVar[int]
    FEES_FIELD_NUMBER: _ClassVar[int]
    NOTIONAL_FIELD_NUMBER: _ClassVar[int]
    FILLS_FIELD_NUMBER: _ClassVar[int]
    venue: str
    account: str
    symbol: str
    mode: str
    size: str
    cost: str
    mark: str
    mark_time_ns: int
    realised: str
    unrealised: str
    fees: str
    notional: str
    fills: int
    def __init__(self, venue: _Optional[str] = ..., account: _Optional[str] = ..., symbol: _Optional[str] = ..., mode: _Optional[str] = ..., size: _Optional[str] = ..., cost: _Optional[str] = ..., mark: _Optional[str] = ..., mark_time_ns: _Optional[int] = ..., realised: _Optional[str] = ..., unrealised: _Optional[str] = ..., fees: _Optional[str] = ..., notional: _Optional[str] = ..., fills: _Optional[int] = ...) -> None: ...

class GetPortfolioRequest(_message.Message):
    __slots__ = ("mode",)
    MODE_FIELD_NUMBER: _ClassVar[int]
    mode: str
    def __init__(self, mode: _Optional[str] = ...) -> None: ...

class GetPortfolioResponse(_message.Message):
    __slots__ = ("positions", "realised", "unrealised", "fees", "notional", "fills", "as_of_ns")
    POSITIONS_FIELD_NUMBER: _ClassVar[int]
    REALISED_FIELD_NUMBER: _ClassVar[int]
    UNREALISED_FIELD_NUMBER: _ClassVar[int]
    FEES_FIELD_NUMBER: _ClassVar[int]
    NOTIONAL_FIELD_NUMBER: _ClassVar[int]
    FILLS_FIELD_NUMBER: _ClassVar[int]
    AS_OF_NS_FIELD_NUMBER: _ClassVar[int]
    positions: _containers.RepeatedCompositeFieldContainer[Position]
    realised: str
    unrealised: str
    fees: str
    notional: str
    fills: int
    as_of_ns: int
    def __init__(self, positions: _Optional[_Iterable[_Union[Position, _Mapping]]] = ..., realised: _Optional[str] = ..., unrealised: _Optional[str] = ..., fees: _Optional[str] = ..., notional: _Optional[str] = ..., fills: _Optional[int] = ..., as_of_ns: _Optional[int] = ...) -> None: ...

class EquityPoint(_message.Message):
    __slots__ = ("time_ns", "profit")
    TIME_NS_FIELD_NUMBER: _ClassVar[int]
    PROFIT_FIELD_NUMBER: _ClassVar[int]
    time_ns: int
    profit: str
    def __init__(self, time_ns: _Optional[int] = ..., profit: _Optional[str] = ...) -> None: ...

class ListEquityRequest(_message.Message):
    __slots__ = ("mode", "after_ns", "page_size")
    MODE_FIELD_NUMBER: _ClassVar[int]
    AFTER_NS_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    mode: str
    after_ns: int
    page_size: int
    def __init__(self, mode: _Optional[str] = ..., after_ns: _Optional[int] = ..., page_size: _Optional[int] = ...) -> None: ...

class ListEquityResponse(_message.Message):
    __slots__ = ("points", "more")
    POINTS_FIELD_NUMBER: _ClassVar[int]
    MORE_FIELD_NUMBER: _ClassVar[int]
    points: _containers.RepeatedCompositeFieldContainer[EquityPoint]
    more: bool
    def __init__(self, points: _Optional[_Iterable[_Union[EquityPoint, _Mapping]]] = ..., more: _Optional[bool] = ...) -> None: ...
