"""Look up accounts on networks for visitors: which account they mean, rate limits, and errors in plain words."""

import re
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from http import HTTPStatus
from typing import TYPE_CHECKING, TypeVar, cast

from starlette.exceptions import HTTPException
from starlette.requests import Request

from renown.connectors import CONNECTORS
from renown.connectors.profile_urls import match_profile_url
from renown.errors import (
    AccountGoneError,
    BudgetExceededError,
    CredentialError,
    InvalidInputError,
    InvalidSettingsError,
    NetworkRefusedError,
    NetworkUnavailableError,
)
from renown.web.middleware.rate_limit import normalize_address
from renown.web.pages.account.session import PageVisitor
from renown.web.pages.formatting import network_label
from renown.web.state import get_app_state

if TYPE_CHECKING:
    from renown.web.pages.account.rate_limit import ActionRateLimiter

LookupResult = TypeVar("LookupResult")

_RETRY_AFTER_SECONDS = 60
_HANDLE_PATTERNS = {
    "mastodon": re.compile(r"@?[\w.-]+@[\w.-]+\.\w+"),
    "nostr": re.compile(r"npub1[0-9a-z]+"),
    "bluesky": re.compile(r"@?([\w-]+\.)+[a-z]\w*|did:[a-z]+:\S+"),
}
"""Handles that look like those of one network; the first match counts."""


def guess_account(text: str) -> tuple[str, str]:
    """
    Guess the network and the handle that a visitor means by a profile link or a handle; no network if both are open.

    Examples
    --------
    >>> guess_account("https://github.com/octocat"), guess_account("@ada@example.social"), guess_account("ada")
    (('github', 'octocat'), ('mastodon', '@ada@example.social'), ('', 'ada'))
    >>> guess_account("@ada.bsky.social"), guess_account("bluesky:ada.example")
    (('bluesky', '@ada.bsky.social'), ('bluesky', 'ada.example'))
    """
    text = text.strip()
    if account := _match_link(text):
        return account
    network, colon, name = text.partition(":")
    if colon and network in CONNECTORS:
        return network, name
    return next((name for name, pattern in _HANDLE_PATTERNS.items() if pattern.fullmatch(text)), ""), text


def resolve_account(fields: Mapping[str, str]) -> tuple[str, str]:
    """Return the network and the handle of a form; a profile link says itself which network it is of."""
    handle = fields.get("name", "").strip()
    network, name = _match_link(handle) or ("", handle)
    return network or fields.get("network", ""), name


def _match_link(text: str) -> tuple[str, str] | None:
    """Return the network, if that is certain, and the name of the account that a profile link leads to."""
    accounts = match_profile_url(CONNECTORS.values(), text)
    if len(accounts) > 1:
        return "", text if "://" in text else f"https://{text}"
    return (accounts[0][0].network, accounts[0][1]) if accounts else None


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
