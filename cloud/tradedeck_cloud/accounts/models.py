"""Rows of the accounts schema."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class UserRow:
    """A user."""

    user_id: str
    email: str
    password_hash: str
    created_ns: int


@dataclass(frozen=True, slots=True)
class TokenRow:
    """A refresh token, by its hash."""

    token_hash: str
    family_id: str
    user_id: str
    device_name: str
    used: bool
    expires_ns: int
