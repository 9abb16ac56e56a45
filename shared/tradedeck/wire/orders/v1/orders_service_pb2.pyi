from tradedeck.wire.orders.v1 import orders_facts_pb2 as _orders_facts_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class PushFactsRequest(_message.Message):
    __slots__ = ("device_id", "device_kind", "facts")
    DEVICE_ID_FIELD_NUMBER: _ClassVar[int]
    DEVICE_KIND_FIELD_NUMBER: _ClassVar[int]
    FACTS_FIELD_NUMBER: _ClassVar[int]
    device_id: str
    device_kind: str
    facts: _containers.RepeatedCompositeFieldContainer[_orders_facts_pb2.DeviceFact]
    def __init__(self, device_id: _Optional[str] = ..., device_kind: _Optional[str] = ..., facts: _Optional[_Iterable[_Union[_orders_facts_pb2.DeviceFact, _Mapping]]] = ...) -> None: ...

class PushFactsResponse(_message.Message):
    __slots__ = ("last_seq",)
    LAST_SEQ_FIELD_NUMBER: _ClassVar[int]
    last_seq: int
    def __init__(self, last_seq: _Optional[int] = ...) -> None: ...

class PullRequest(_message.Message):
    __slots__ = ("cursor", "limit")
    CURSOR_FIELD_NUMBER: _ClassVar[int]
    LIMIT_FIELD_NUMBER: _ClassVar[int]
    cursor: int
    limit: int
    def __init__(self, cursor: _Optional[int] = ..., limit: _Optional[int] = ...) -> None: ...

class PullResponse(_message.Message):
    __slots__ = ("cursor", "orders", "fills", "more", "as_of_ns")
    CURSOR_FIELD_NUMBER: _ClassVar[int]
    ORDERS_FIELD_NUMBER: _ClassVar[int]
    FILLS_FIELD_NUMBER: _ClassVar[int]
    MORE_FIELD_NUMBER: _ClassVar[int]
    AS_OF_NS_FIELD_NUMBER: _ClassVar[int]
    cursor: int
    orders: _containers.RepeatedCompositeFieldContainer[_orders_facts_pb2.OrderFact]
    fills: _containers.RepeatedCompositeFieldContainer[_orders_facts_pb2.FillFact]
    more: bool
    as_of_ns: int
    def __init__(self, cursor: _Optional[int] = ..., orders: _Optional[_Iterable[_Union[_orders_facts_pb2.OrderFact, _Mapping]]] = ..., fills: _Optional[_Iterable[_Union[_orders_facts_pb2.FillFact, _Mapping]]] = ..., more: _Optional[bool] = ..., as_of_ns: _Optional[int] = ...) -> None: ...

class ListOrdersRequest(_message.Message):
    __slots__ = ("page_size", "page_token", "symbol", "state", "source", "mode", "client_order_id")
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    SYMBOL_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    SOURCE_FIELD_NUMBER: _ClassVar[int]
    MODE_FIELD_NUMBER: _ClassVar[int]
    CLIENT_ORDER_ID_FIELD_NUMBER: _ClassVar[int]
    page_size: int
    page_token: str
    symbol: str
    state: str
    source: str
    mode: str
    client_order_id: str
    def __init__(self, page_size: _Optional[int] = ..., page_token: _Optional[str] = ..., symbol: _Optional[str] = ..., state: _Optional[str] = ..., source: _Optional[str] = ..., mode: _Optional[str] = ..., client_order_id: _Optional[str] = ...) -> None: ...

class ListOrdersResponse(_message.Message):
    __slots__ = ("orders", "next_page_token")
    ORDERS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    orders: _containers.RepeatedCompositeFieldContainer[_orders_facts_pb2.OrderFact]
    next_page_token: str
    def __init__(self, orders: _Optional[_Iterable[_Union[_orders_facts_pb2.OrderFact, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class ListFillsRequest(_message.Message):
    __slots__ = ("page_size", "page_token", "symbol", "client_order_id", "mode")
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    SYMBOL_FIELD_NUMBER: _ClassVar[int]
    CLIENT_ORDER_ID_FIELD_NUMBER: _ClassVar[int]
    MODE_FIELD_NUMBER: _ClassVar[int]
    page_size: int
    page_token: str
    symbol: str
    client_order_id: str
    mode: str
    def __init__(self, page_size: _Optional[int] = ..., page_token: _Optional[str] = ..., symbol: _Optional[str] = ..., client_order_id: _Optional[str] = ..., mode: _Optional[str] = ...) -> None: ...

class ListFillsResponse(_message.Message):
    __slots__ = ("fills", "next_page_token")
    FILLS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    fills: _containers.RepeatedCompositeFieldContainer[_orders_facts_pb2.FillFact]
    next_page_token: str
    def __init__(self, fills: _Optional[_Iterable[_Union[_orders_facts_pb2.FillFact, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...
