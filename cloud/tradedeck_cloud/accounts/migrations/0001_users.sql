-- Users and sessions. Accounts finds out who somebody is, so its rows can't be guarded by who that is:
-- only this service's role may touch them.
CREATE TABLE users (
    user_id text PRIMARY KEY,
    email text NOT NULL UNIQUE,
    password_hash text NOT NULL,
    request_id text NOT NULL UNIQUE,
    created_ns bigint NOT NULL
);

-- A family is one log-in on one device; each refresh uses its token up and adds the next.
CREATE TABLE refresh_tokens (
    token_hash text PRIMARY KEY,
    family_id text NOT NULL,
    user_id text NOT NULL REFERENCES users,
    device_name text NOT NULL,
    used boolean NOT NULL DEFAULT false,
    expires_ns bigint NOT NULL
);
CREATE INDEX refresh_tokens_by_family ON refresh_tokens (family_id);
