-- What devices tell. A user sees own rows only; so does the owner of the tables (FORCE).
CREATE TABLE devices (
    user_id text NOT NULL,
    device_id text NOT NULL,
    kind text NOT NULL,
    last_seq bigint NOT NULL DEFAULT 0,
    PRIMARY KEY (user_id, device_id)
);

-- Counts the changes of a user's book; replicas ask for what came after a version.
CREATE TABLE books (
    user_id text PRIMARY KEY,
    version bigint NOT NULL DEFAULT 0
);

CREATE TABLE orders (
    user_id text NOT NULL,
    client_order_id text NOT NULL,
    revision int NOT NULL,
    venue text NOT NULL,
    account text NOT NULL,
    symbol text NOT NULL,
    side text NOT NULL,
    type text NOT NULL,
    time_in_force text NOT NULL,
    post_only boolean NOT NULL,
    reduce_only boolean NOT NULL,
    size numeric NOT NULL,
    price numeric,
    stop_price numeric,
    filled numeric NOT NULL,
    state text NOT NULL,
    reason text NOT NULL,
    venue_order_id text NOT NULL,
    source text NOT NULL,
    mode text NOT NULL,
    created_ns bigint NOT NULL,
    updated_ns bigint NOT NULL,
    version bigint NOT NULL,
    PRIMARY KEY (user_id, client_order_id)
);
CREATE INDEX orders_by_version ON orders (user_id, version);
CREATE INDEX orders_by_time ON orders (user_id, created_ns DESC, client_order_id DESC);

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
    version bigint NOT NULL,
    PRIMARY KEY (user_id, client_order_id, symbol, trade_id)
);
CREATE INDEX fills_by_version ON fills (user_id, version);
CREATE INDEX fills_by_time ON fills (user_id, time_ns DESC, trade_id DESC);

CREATE TABLE outbox (
    id bigserial PRIMARY KEY,
    fact_id text NOT NULL UNIQUE,
    subject text NOT NULL,
    body bytea NOT NULL
);

ALTER TABLE devices ENABLE ROW LEVEL SECURITY;
ALTER TABLE devices FORCE ROW LEVEL SECURITY;
CREATE POLICY own ON devices USING (user_id = current_setting('app.user_id', true));
ALTER TABLE books ENABLE ROW LEVEL SECURITY;
ALTER TABLE books FORCE ROW LEVEL SECURITY;
CREATE POLICY own ON books USING (user_id = current_setting('app.user_id', true));
ALTER TABLE orders ENABLE ROW LEVEL SECURITY;
ALTER TABLE orders FORCE ROW LEVEL SECURITY;
CREATE POLICY own ON orders USING (user_id = current_setting('app.user_id', true));
ALTER TABLE fills ENABLE ROW LEVEL SECURITY;
ALTER TABLE fills FORCE ROW LEVEL SECURITY;
CREATE POLICY own ON fills USING (user_id = current_setting('app.user_id', true));
