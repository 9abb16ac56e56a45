"""Passwords and tokens: argon2id, short-lived signed access tokens, refresh tokens kept as hashes."""

from __future__ import annotations

import asyncio
import hashlib
import secrets
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import jwt
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from tradedeck.domain.errors import CorruptError, UnauthenticatedError
from tradedeck.ports.clock import Clock

ACCESS_LIFE_NS = 10 * 60 * 1_000_000_000
REFRESH_LIFE_NS = 30 * 24 * 3600 * 1_000_000_000
HASHES_AT_ONCE = 2
"""A password check costs some 100 ms of a core and 64 MiB; more at once would starve the rest."""
_ALGORITHM = "EdDSA"
_AUDIENCE = "tradedeck"

_hasher = PasswordHasher()
_slots = asyncio.Semaphore(HASHES_AT_ONCE)


async def hash_password(password: str) -> str:
    """An argon2id hash with its own salt."""
    async with _slots:
        return await asyncio.to_thread(_hasher.hash, password)


async def password_fits(password: str, hashed: str | None) -> bool:
    """Whether they belong together; takes as long when there is no such user."""
    async with _slots:
        return await asyncio.to_thread(_verify, hashed, password) and hashed is not None


def new_refresh_token() -> str:
    """256 random bits as text."""
    return secrets.token_urlsafe(32)


def digest(token: str) -> str:
    """What is kept of a refresh token."""
    return hashlib.sha256(token.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class AccessToken:
    """A signed token and when it ends."""

    text: str
    expires_ns: int


class TokenKeys:
    """Signs access tokens and checks them (Ed25519)."""

    def __init__(self, key: Ed25519PrivateKey, clock: Clock) -> None:
        self._private = key
        self._public = key.public_key()
        self._clock = clock

    def sign(self, user_id: str) -> AccessToken:
        """A fresh token for a user."""
        now_ns = self._clock.now_ns()
        expires_ns = now_ns + ACCESS_LIFE_NS
        claims = {"sub": user_id, "aud": _AUDIENCE, "iat": now_ns // 10**9, "exp": expires_ns // 10**9}
        return AccessToken(jwt.encode(claims, self._private, _ALGORITHM), expires_ns)

    def user_of(self, token: str) -> str:
        """Whose token it is.

        Raises:
            UnauthenticatedError: it is not ours, or over.
        """
        try:
            claims = jwt.decode(token, self._public, [_ALGORITHM], audience=_AUDIENCE)
        except jwt.ExpiredSignatureError as error:
            raise UnauthenticatedError("the session is over; log in again", code="auth.expired") from error
        except jwt.InvalidTokenError as error:
            raise UnauthenticatedError("log in first", code="auth.token") from error
        return str(claims["sub"])


def load_keys(path: Path, clock: Clock) -> TokenKeys:
    """The signing key in a file, made at the first start.

    Raises:
        CorruptError: the key file is damaged.
    """
    if not path.exists():
        key = Ed25519PrivateKey.generate()
        path.touch(mode=0o600)
        path.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    try:
        key = load_pem_private_key(path.read_bytes(), None)
    except ValueError as error:
        raise CorruptError(f"{path} is damaged; remove it, everybody must log in again", code="auth.key") from error
    if not isinstance(key, Ed25519PrivateKey):
        raise CorruptError(f"{path} holds another kind of key; remove it", code="auth.key")
    return TokenKeys(key, clock)


@cache
def _nobody() -> str:
    """The hash of a password nobody knows."""
    return _hasher.hash(secrets.token_urlsafe(16))


def _verify(hashed: str | None, password: str) -> bool:
    try:
        return _hasher.verify(hashed or _nobody(), password)
    except (VerificationError, InvalidHashError):
        return False
