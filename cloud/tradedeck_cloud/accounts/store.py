"""All SQL of accounts."""

from __future__ import annotations

from psycopg.rows import class_row

from tradedeck_cloud.accounts.models import TokenRow, UserRow
from tradedeck_cloud.kit.db import Tx


class AccountStore:
    """Users and tokens within one transaction."""

    def __init__(self, tx: Tx) -> None:
        self._tx = tx

    async def add_user(self, user: UserRow, request_id: str) -> bool:
        """Whether the user is new; False when the e-mail or the request is known."""
        done = await self._tx.execute(
            "INSERT INTO users (user_id, email, password_hash, request_id, created_ns)"
            " VALUES (%s, %s, %s, %s, %s) ON CONFLICT DO NOTHING",
            (user.user_id, user.email, user.password_hash, request_id, user.created_ns),
        )
        return done.rowcount == 1

    async def user_by_email(self, email: str) -> UserRow | None:
        """By the unique e-mail."""
        async with self._tx.cursor(row_factory=class_row(UserRow)) as cursor:
            await cursor.execute(
                "SELECT user_id, email, password_hash, created_ns FROM users WHERE email = %s", (email,)
            )
            return await cursor.fetchone()

    async def user_by_request(self, request_id: str) -> UserRow | None:
        """Whom an earlier try of the same sign-up made."""
        async with self._tx.cursor(row_factory=class_row(UserRow)) as cursor:
            await cursor.execute(
                "SELECT user_id, email, password_hash, created_ns FROM users WHERE request_id = %s",
                (request_id,),
            )
            return await cursor.fetchone()

    async def user(self, user_id: str) -> UserRow | None:
        """By primary key."""
        async with self._tx.cursor(row_factory=class_row(UserRow)) as cursor:
            await cursor.execute(
                "SELECT user_id, email, password_hash, created_ns FROM users WHERE user_id = %s", (user_id,)
            )
            return await cursor.fetchone()

    async def add_token(self, token: TokenRow) -> None:
        """Keep a new refresh token."""
        await self._tx.execute(
            "INSERT INTO refresh_tokens (token_hash, family_id, user_id, device_name, used, expires_ns)"
            " VALUES (%s, %s, %s, %s, %s, %s)",
            (
                token.token_hash,
                token.family_id,
                token.user_id,
                token.device_name,
                token.used,
                token.expires_ns,
            ),
        )

    async def lock_token(self, token_hash: str) -> TokenRow | None:
        """By primary key, locked: of two that present the same token one comes second."""
        async with self._tx.cursor(row_factory=class_row(TokenRow)) as cursor:
            await cursor.execute(
                "SELECT token_hash, family_id, user_id, device_name, used, expires_ns"
                " FROM refresh_tokens WHERE token_hash = %s FOR UPDATE",
                (token_hash,),
            )
            return await cursor.fetchone()

    async def use_token(self, token_hash: str) -> None:
        """It has been exchanged for the next."""
        await self._tx.execute("UPDATE refresh_tokens SET used = true WHERE token_hash = %s", (token_hash,))

    async def end_family(self, family_id: str) -> None:
        """End a log-in; uses refresh_tokens_by_family."""
        await self._tx.execute("DELETE FROM refresh_tokens WHERE family_id = %s", (family_id,))
