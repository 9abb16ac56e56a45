"""What accounts decides."""

from __future__ import annotations

import re
import uuid
from dataclasses import dataclass

from tradedeck.domain.errors import (
    ConflictError,
    NotFoundError,
    RefusedError,
    UnauthenticatedError,
)
from tradedeck.ports.clock import Clock
from tradedeck_cloud.accounts.models import TokenRow, UserRow
from tradedeck_cloud.accounts.store import AccountStore
from tradedeck_cloud.kit.auth import (
    REFRESH_LIFE_NS,
    AccessToken,
    TokenKeys,
    digest,
    hash_password,
    new_refresh_token,
    password_fits,
)
from tradedeck_cloud.kit.db import EVERYBODY, Database, Tx

MIN_PASSWORD = 8
MAX_PASSWORD = 256
_EMAIL = re.compile(r"[^@\s]{1,64}@[^@\s]{1,255}")


@dataclass(frozen=True, slots=True)
class LogIn:
    """A user with fresh tokens."""

    user: UserRow
    access: AccessToken
    refresh_token: str
    refresh_expires_ns: int


class AccountService:
    """Sign-up, log-in and sessions."""

    def __init__(self, database: Database, keys: TokenKeys, clock: Clock) -> None:
        self._database = database
        self._keys = keys
        self._clock = clock

    async def sign_up(self, email: str, password: str, request_id: str) -> LogIn:
        """Make a user, or return the one this request already made.

        Raises:
            RefusedError: e-mail or password won't do.
            ConflictError: the e-mail has an account.
        """
        email = _checked(email, password)
        hashed = await hash_password(password)
        user = UserRow(str(uuid.uuid4()), email, hashed, self._clock.now_ns())
        async with self._database.tx(EVERYBODY) as tx:
            store = AccountStore(tx)
            if not await store.add_user(user, request_id or user.user_id):
                known = await store.user_by_request(request_id)
                same = known is not None and known.email == email
                if known is None or not (same and await password_fits(password, known.password_hash)):
                    raise ConflictError(f"{email} has an account already; log in instead", code="accounts.email")
                user = known
            return await self._log_in(tx, user, "sign-up", str(uuid.uuid4()))

    async def log_in(self, email: str, password: str, device_name: str) -> LogIn:
        """Start a session.

        Raises:
            UnauthenticatedError: e-mail and password do not belong together.
        """
        async with self._database.tx(EVERYBODY) as tx:
            user = await AccountStore(tx).user_by_email(email.strip().lower())
        fits = await password_fits(password[:MAX_PASSWORD], user.password_hash if user else None)
        if user is None or not fits:
            raise UnauthenticatedError(
                "e-mail and password do not belong together; check both", code="accounts.password"
            )
        async with self._database.tx(EVERYBODY) as tx:
            return await self._log_in(tx, user, device_name, str(uuid.uuid4()))

    async def refresh(self, refresh_token: str) -> LogIn:
        """Exchange a refresh token for the next.

        Raises:
            UnauthenticatedError: it is unknown, over, or was used before; in that case somebody may have
                stolen it, and every token of that log-in ends.
        """
        async with self._database.tx(EVERYBODY) as tx:
            store = AccountStore(tx)
            token = await store.lock_token(digest(refresh_token))
            stolen = token is not None and token.used
            if token is not None and (stolen or token.expires_ns < self._clock.now_ns()):
                await store.end_family(token.family_id)
                token = None
            if token is not None:
                await store.use_token(token.token_hash)
                user = await store.user(token.user_id)
                assert user is not None, "tokens reference users"
                return await self._log_in(tx, user, token.device_name, token.family_id)
        code = "accounts.refresh_reused" if stolen else "accounts.refresh"
        raise UnauthenticatedError("the session is over; log in again", code=code)

    async def log_out(self, refresh_token: str) -> None:
        """End the session; nothing when it has ended."""
        async with self._database.tx(EVERYBODY) as tx:
            store = AccountStore(tx)
            token = await store.lock_token(digest(refresh_token))
            if token is not None:
                await store.end_family(token.family_id)

    async def user(self, user_id: str) -> UserRow:
        """Who that is.

        Raises:
            NotFoundError: the user is gone.
        """
        async with self._database.tx(EVERYBODY) as tx:
            user = await AccountStore(tx).user(user_id)
        if user is None:
            raise NotFoundError("that user is gone", code="accounts.user")
        return user

    async def _log_in(self, tx: Tx, user: UserRow, device_name: str, family_id: str) -> LogIn:
        refresh_token = new_refresh_token()
        expires_ns = self._clock.now_ns() + REFRESH_LIFE_NS
        row = TokenRow(digest(refresh_token), family_id, user.user_id, device_name[:80], False, expires_ns)
        await AccountStore(tx).add_token(row)
        return LogIn(user, self._keys.sign(user.user_id), refresh_token, expires_ns)


def _checked(email: str, password: str) -> str:
    email = email.strip().lower()
    if not _EMAIL.fullmatch(email):
        raise RefusedError("that is no e-mail address; write it like name@example.com", code="accounts.email_form")
    if not MIN_PASSWORD <= len(password) <= MAX_PASSWORD:
        raise RefusedError(
            f"the password needs {MIN_PASSWORD} to {MAX_PASSWORD} characters", code="accounts.password_length"
        )
    return email
