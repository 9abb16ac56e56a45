from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class DeviceFact(_message.Message):
    __slots__ = ("seq", "time_ns", "order", "fill", "mark")
    SEQ_FIELD_NUMBER: _ClassVar[int]
    TIME_NS_FIELD_NUMBER: _ClassVar[int]
    ORDER_FIELD_NUMBER: _ClassVar[int]
    FILL_FIELD_NUMBER: _ClassVar[int]
    MARK_FIELD_NUMBER: _ClassVar[int]
    seq: int
    time_ns: int
    order: OrderFact
    fill: FillFact
    mark: MarkFact
    def __init__(self, seq: _Optional[int] = ..., time_ns: _Optional[int] = ..., order: _Optional[_Union[OrderFact, _Mapping]] = ..., fill: _Optional[_Union[FillFact, _Mapping]] = ..., mark: _Optional[_Union[MarkFact, _Mapping]] = ...) -> None: ...

class OrderFact(_message.Message):
    __slots__ = ("client_order_id", "revision", "venue", "account", "symbol", "side", "type", "time_in_force", "post_only", "reduce_only", "size", "price", "stop_price", "filled", "state", "reason", "venue_order_id", "source", "mode", "created_ns", "updated_ns")
    CLIENT_ORDER_ID_FIELD_NUMBER: _ClassVar[int]
    REVISION_FIELD_NUMBER: _ClassVar[int]
    VENUE_FIELD_NUMBER: _ClassVar[int]
    ACCOUNT_FIELD_NUMBER: _ClassVar[int]
    SYMBOL_FIELD_NUMBER: _ClassVar[int]
    SIDE_FIELD_NUMBER: _ClassVar[int]
    TYPE_FIELD_NUMBER: _ClassVar[int]
    TIME_IN_FORCE_FIELD_NUMBER: _ClassVar[int]
    POST_ONLY_FIELD_NUMBER: _ClassVar[int]
    REDUCE_ONLY_FIELD_NUMBER: _ClassVar[int]
    SIZE_FIELD_NUMBER: _ClassVar[int]
    PRICE_FIELD_NUMBER: _ClassVar[int]
    STOP_PRICE_FIELD_NUMBER: _ClassVar[int]
    FILLED_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    VENUE_ORDER_ID_FIELD_NUMBER: _ClassVar[int]
    SOURCE_FIELD_NUMBER: _ClassVar[int]
    MODE_FIELD_NUMBER: _ClassVar[int]
    CREATED_NS_FIELD_NUMBER: _ClassVar[int]
    UPDATED_NS_FIELD_NUMBER: _ClassVar[int]
    client_order_id: str
    revision: int
    venue: str
    account: str
    symbol: str
    side: str
    type: str
    time_in_force: str
    post_only: bool
    reduce_only: bool
    size: str
    price: str
    stop_price: str
    filled: str
    state: str
    reason: str
    venue_order_id: str
    source: str
    mode: str
    created_ns: int
    updated_ns: int
    def __init__(self, client_order_id: _Optional[str] = ..., revision: _Optional[int] = ..., venue: _Optional[str] = ..., account: _Optional[str] = ..., symbol: _Optional[str] = ..., side: _Optional[str] = ..., type: _Optional[str] = ..., time_in_force: _Optional[str] = ..., post_only: _Optional[bool] = ..., reduce_only: _Optional[bool] = ..., size: _Optional[str] = ..., price: _Optional[str] = ..., stop_price: _Optional[str] = ..., filled: _Optional[str] = ..., state: _Optional[str] = ..., reason: _Optional[str] = ..., venue_order_id: _Optional[str] = ..., source: _Optional[str] = ..., mode: _Optional[str] = ..., created_ns: _Optional[int] = ..., updated_ns: _Optional[int] = ...) -> None: ...

class FillFact(_message.Message):
    __slots__ = ("venue", "account", "symbol", "trade_id", "client_order_id", "side", "price", "size", "fee", "fee_asset", "maker", "mode", "time_ns", "base", "quote")
    VENUE_FIELD_NUMBER: _ClassVar[int]
    ACCOUNT_FIELD_NUMBER: _ClassVar[int]
    SYMBOL_FIELD_NUMBER: _ClassVar[int]
    TRADE_ID_FIELD_NUMBER: _ClassVar[int]
    CLIENT_ORDER_ID_FIELD_NUMBER: _ClassVar[int]
    SIDE_FIELD_NUMBER: _ClassVar[int]
    PRICE_FIELD_NUMBER: _ClassVar[int]
    SIZE_FIELD_NUMBER: _ClassVar[int]
    FEE_FIELD_NUMBER: _ClassVar[int]
    FEE_ASSET_FIELD_NUMBER: _ClassVar[int]
    MAKER_FIELD_NUMBER: _ClassVar[int]
    MODE_FIELD_NUMBER: _ClassVar[int]
    TIME_NS_FIELD_NUMBER: _ClassVar[int]
    BASE_FIELD_NUMBER: _ClassVar[int]
    QUOTE_FIELD_NUMBER: _ClassVar[int]
    venue: str
    account: str
    symbol: str
    trade_id: str
    client_order_id: str
    side: str
    price: str
    size: str
    fee: str
    fee_asset: str
    maker: bool
    mode: str
    time_ns: int
    base: str
    quote: str
    def __init__(self, venue: _Optional[str] = ..., account: _Optional[str] = ..., symbol: _Optional[str] = ..., trade_id: _Optional[str] = ..., client_order_id: _Optional[str] = ..., side: _Optional[str] = ..., price: _Optional[str] = ..., size: _Optional[str] = ..., fee: _Optional[str] = ..., fee_asset: _Optional[str] = ..., maker: _Optional[bool] = ..., mode: _Optional[str] = ..., time_ns: _Optional[int] = ..., base: _Optional[str] = ..., quote: _Optional[str] = ...) -> None: ...

class MarkFact(_message.Message):
    __slots__ = ("venue", "symbol", "price", "time_ns")
    VENUE_FIELD_NUMBER: _ClassVar[int]
    SYMBOL_FIELD_NUMBER: _ClassVar[int]
    PRICE_FIELD_NUMBER: _ClassVar[int]
    TIME_NS_FIELD_NUMBER: _ClassVar[int]
    venue: str
    symbol: str
    price: str
    time_ns: int
    def __init__(self, venue: _Optional[str] = ..., symbol: _Optional[str] = ..., price: _Optional[str] = ..., time_ns: _Optional[int] = ...) -> None: ...
