"""Log in, sign up, log out."""

from __future__ import annotations

from fastapi import Request, Response
from fastapi.responses import RedirectResponse

from tradedeck.domain.errors import ConflictError, RateLimitedError, RefusedError, UnauthenticatedError
from tradedeck_cloud.kit.problems import HTTP_STATUSES, problem_headers
from tradedeck_cloud.web.pages.frame import Frame, Page
from tradedeck_cloud.web.session import REFRESH, Visitor, checked_form

HOME = "/overview"


def routes(frame: Frame) -> tuple[Page, ...]:
    """The pages before one is logged in, and the way out."""

    async def show(request: Request, visitor: Visitor) -> Response:
        after = _local(request.query_params.get("next", ""))
        if visitor.logged_in:
            return RedirectResponse(after, 303)
        return await _form(frame, visitor, request.url.path, after)

    async def send(request: Request, visitor: Visitor) -> Response:
        fields = await checked_form(request)
        after = _local(fields.get("next", ""))
        email, password = fields.get("email", ""), fields.get("password", "")
        try:
            if request.url.path == "/signup":
                visitor.tokens = await visitor.client.sign_up(email, password)
            else:
                visitor.tokens = await visitor.client.log_in(email, password)
        except (UnauthenticatedError, ConflictError, RateLimitedError, RefusedError) as error:
            response = await _form(frame, visitor, request.url.path, after, email, error)
            response.headers.update(problem_headers(error))
            return response
        return RedirectResponse(after, 303)

    async def leave(request: Request, visitor: Visitor) -> Response:
        await checked_form(request)
        await visitor.client.log_out(visitor.tokens.refresh if visitor.tokens else request.cookies.get(REFRESH, ""))
        visitor.leaving = True
        return RedirectResponse("/login", 303)

    return (
        Page("/login", show, public=True),
        Page("/login", send, "POST", public=True),
        Page("/signup", show, public=True),
        Page("/signup", send, "POST", public=True),
        Page("/logout", leave, "POST"),
    )


async def _form(
    frame: Frame, visitor: Visitor, path: str, after: str, email: str = "", error: RefusedError | None = None
) -> Response:
    return await frame.page(
        "entrance.html", visitor, HTTP_STATUSES[error.kind] if error else 200, new=path == "/signup", after=after,
        given_email=email, error=error,
    )  # fmt: skip


def _local(path: str) -> str:
    """Only ever a page of ours: a link must not send people elsewhere after they log in."""
    ours = path.startswith("/") and not path.startswith(("//", "/\\"))
    return path if ours else HOME
