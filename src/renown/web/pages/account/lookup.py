"""Look up accounts on networks for visitors: which account they mean, rate limits, and errors in plain words."""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from http import HTTPStatus
from typing import TYPE_CHECKING, TypeVar, cast

from starlette.exceptions import HTTPException
from starlette.requests import Request

from renown.connectors import CONNECTORS
from renown.errors import (
    AccountGoneError,
    BudgetExceededError,
    CredentialError,
    InvalidInputError,
    InvalidSettingsError,
    NetworkRefusedError,
    NetworkUnavailableError,
)
from renown.web.account_texts import resolve_account
from renown.web.middleware.rate_limit import normalize_address
from renown.web.pages.account.session import PageVisitor
from renown.web.pages.formatting import network_label
from renown.web.state import get_app_state

if TYPE_CHECKING:
    from renown.web.pages.account.rate_limit import ActionRateLimiter

LookupResult = TypeVar("LookupResult")

_RETRY_AFTER_SECONDS = 60


def read_account(fields: Mapping[str, str]) -> tuple[str, str]:
    """Return the network and the name in a form; a profile link says itself which network it is of."""
    network, name = resolve_account(fields.get("name", ""))
    return network or fields.get("network", ""), name


def limit_lookup(request: Request, visitor: PageVisitor, server: str) -> AbstractContextManager[None]:
    """Count a lookup on a server against the visitor's limits."""
    host = request.client.host if request.client else ""
    session = visitor.session.digest if visitor.session else ""
    now = get_app_state(request).now().timestamp()
    return cast("ActionRateLimiter", request.app.state.action_limits).limit_lookup(
        session, normalize_address(host), server, now
    )


def call_network(network: str, lookup: Callable[[], LookupResult]) -> LookupResult:
    """
    Call a network; turn errors into messages that leak nothing about the internal network (SSRF).

    Raises
    ------
    InvalidInputError
        If there is no such account, or its server refused the request.
    HTTPException
        503, if the network is not reachable now.
    """
    network_name = network_label(network)
    try:
        return lookup()
    except AccountGoneError:
        raise InvalidInputError(
            f"{network_name} has no account with that handle; write it as in the URL of the profile"
        ) from None
    except CredentialError as error:
        if error.status is None or error.status == HTTPStatus.BAD_REQUEST:
            raise InvalidInputError(error.public_message) from None
        raise _unreachable_error(network_name) from None
    except (NetworkRefusedError, InvalidSettingsError) as error:
        # Visitors choose the server only where there are many: elsewhere a refusal has nothing to do with them.
        if not CONNECTORS[network].has_many_servers and getattr(error, "status", None) is None:
            raise _unreachable_error(network_name) from None
        raise InvalidInputError(
            f"{network_name} refused to look up that handle; write it as in the URL of the profile"
        ) from None
    except (NetworkUnavailableError, BudgetExceededError):
        raise _unreachable_error(network_name) from None


def _unreachable_error(network_name: str) -> HTTPException:
    return HTTPException(
        HTTPStatus.SERVICE_UNAVAILABLE,
        f"{network_name} cannot be reached at the moment. That is not your fault: nothing is wrong with what "
        "you entered. Try again in a minute.",
        {"Retry-After": str(_RETRY_AFTER_SECONDS)},
    )
