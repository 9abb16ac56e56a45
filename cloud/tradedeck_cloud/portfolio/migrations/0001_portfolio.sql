-- Positions by FIFO lots, from this service's own copy of fills and marks.
CREATE TABLE fills (
    user_id text NOT NULL,
    venue text NOT NULL,
    account text NOT NULL,
    mode text NOT NULL,
    symbol text NOT NULL,
    trade_id text NOT NULL,
    client_order_id text NOT NULL,
    side text NOT NULL,
    price numeric NOT NULL,
    size numeric NOT NULL,
    fee numeric NOT NULL,
    fee_asset text NOT NULL,
    maker boolean NOT NULL,
    base text NOT NULL,
    quote text NOT NULL,
    time_ns bigint NOT NULL,
    PRIMARY KEY (user_id, client_order_id, symbol, trade_id)
);
CREATE INDEX fills_of_position ON fills (user_id, venue, account, mode, symbol);

CREATE TABLE positions (
    user_id text NOT NULL,
    venue text NOT NULL,
    account text NOT NULL,
    mode text NOT NULL,
    symbol text NOT NULL,
    lots jsonb NOT NULL,
    size numeric NOT NULL,
    cost numeric NOT NULL,
    realised numeric NOT NULL,
    unrealised numeric NOT NULL,
    fees numeric NOT NULL,
    notional numeric NOT NULL,
    fills int NOT NULL,
    mark numeric,
    mark_time_ns bigint NOT NULL,
    last_time_ns bigint NOT NULL,
    last_trade_id text NOT NULL,
    PRIMARY KEY (user_id, venue, account, mode, symbol)
);

CREATE TABLE marks (
    user_id text NOT NULL,
    venue text NOT NULL,
    symbol text NOT NULL,
    price numeric NOT NULL,
    time_ns bigint NOT NULL,
    PRIMARY KEY (user_id, venue, symbol)
);

-- The newest profit of each minute of market time.
CREATE TABLE equity (
    user_id text NOT NULL,
    mode text NOT NULL,
    minute_ns bigint NOT NULL,
    time_ns bigint NOT NULL,
    profit numeric NOT NULL,
    PRIMARY KEY (user_id, mode, minute_ns)
);


CREATE TABLE handled (
    reader text NOT NULL,
    fact_id text NOT NULL,
    PRIMARY KEY (reader, fact_id)
);

ALTER TABLE fills ENABLE ROW LEVEL SECURITY;
ALTER TABLE fills FORCE ROW LEVEL SECURITY;
CREATE POLICY own ON fills USING (user_id = current_setting('app.user_id', true));
ALTER TABLE positions ENABLE ROW LEVEL SECURITY;
ALTER TABLE positions FORCE ROW LEVEL SECURITY;
CREATE POLICY own ON positions USING (user_id = current_setting('app.user_id', true));
ALTER TABLE marks ENABLE ROW LEVEL SECURITY;
ALTER TABLE marks FORCE ROW LEVEL SECURITY;
CREATE POLICY own ON marks USING (user_id = current_setting('app.user_id', true));
ALTER TABLE equity ENABLE ROW LEVEL SECURITY;
ALTER TABLE equity FORCE ROW LEVEL SECURITY;
CREATE POLICY own ON equity USING (user_id = current_setting('app.user_id', true));
