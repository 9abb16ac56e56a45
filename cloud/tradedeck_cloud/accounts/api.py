"""Calls to accounts: messages in and out."""

from __future__ import annotations

from collections.abc import Mapping

from tradedeck.wire.accounts.v1 import accounts_service_pb2 as wire
from tradedeck_cloud.accounts.models import UserRow
from tradedeck_cloud.accounts.service import AccountService, LogIn
from tradedeck_cloud.kit.calls import Method
from tradedeck_cloud.kit.codec import Call


def methods(service: AccountService) -> Mapping[str, Method]:
    """Every method by its name on the wire."""

    async def sign_up(call: Call) -> bytes:
        request = wire.SignUpRequest.FromString(call.body)
        log_in = await service.sign_up(request.email, request.password, request.request_id)
        return wire.SignUpResponse(user=_user(log_in.user), session=_session(log_in)).SerializeToString()

    async def login(call: Call) -> bytes:
        request = wire.LoginRequest.FromString(call.body)
        log_in = await service.log_in(request.email, request.password, request.device_name)
        return wire.LoginResponse(user=_user(log_in.user), session=_session(log_in)).SerializeToString()

    async def refresh(call: Call) -> bytes:
        request = wire.RefreshRequest.FromString(call.body)
        return wire.RefreshResponse(session=_session(await service.refresh(request.refresh_token))).SerializeToString()

    async def logout(call: Call) -> bytes:
        await service.log_out(wire.LogoutRequest.FromString(call.body).refresh_token)
        return wire.LogoutResponse().SerializeToString()

    async def me(call: Call) -> bytes:
        return wire.MeResponse(user=_user(await service.user(call.user_id))).SerializeToString()

    return {"SignUp": sign_up, "Login": login, "Refresh": refresh, "Logout": logout, "Me": me}


def _user(row: UserRow) -> wire.User:
    return wire.User(user_id=row.user_id, email=row.email, created_ns=row.created_ns)


def _session(log_in: LogIn) -> wire.Session:
    return wire.Session(
        access_token=log_in.access.text,
        access_expires_ns=log_in.access.expires_ns,
        refresh_token=log_in.refresh_token,
        refresh_expires_ns=log_in.refresh_expires_ns,
    )
