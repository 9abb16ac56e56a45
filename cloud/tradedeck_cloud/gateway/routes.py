"""Every method that may be called from outside, and who may call it."""

from __future__ import annotations

from dataclasses import dataclass

from tradedeck.domain.errors import NotFoundError


@dataclass(frozen=True, slots=True)
class Route:
    """A method of a service. `public` ones need no log-in; `guessable` ones are limited by address."""

    service: str
    method: str
    public: bool = False
    guessable: bool = False


ROUTES: dict[tuple[str, str], Route] = {
    (route.service, route.method): route
    for route in (
        Route("accounts", "SignUp", public=True, guessable=True),
        Route("accounts", "Login", public=True, guessable=True),
        Route("accounts", "Refresh", public=True),
        Route("accounts", "Logout"),
        Route("accounts", "Me"),
        Route("orders", "PushFacts"),
        Route("orders", "Pull"),
        Route("orders", "ListOrders"),
        Route("orders", "ListFills"),
        Route("portfolio", "GetPortfolio"),
        Route("portfolio", "ListEquity"),
    )
}


def route_of(service: str, method: str) -> Route:
    """The route.

    Raises:
        NotFoundError: there is no such method.
    """
    route = ROUTES.get((service, method))
    if route is None:
        raise NotFoundError(f"there is no method {service}/{method}", code="gateway.method")
    return route
