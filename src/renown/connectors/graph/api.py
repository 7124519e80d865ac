"""Meta's Graph API: errors and their codes, tokens, how lists go on, and whose account a token reads."""

import re
from collections.abc import Sequence
from datetime import datetime
from operator import attrgetter
from typing import TYPE_CHECKING, Any

from renown.connectors.account_names import invalid_name_error
from renown.connectors.base import Record
from renown.connectors.http import Action, ApiSpec, ErrorFormat, ErrorRule, Quota
from renown.connectors.oauth import LongLivedSpec
from renown.connectors.pagination import ListSpec
from renown.errors import AccountGoneError, CredentialError
from renown.records import AccountAlias, is_valid_id

if TYPE_CHECKING:
    from renown.connectors.http import Client

REDIRECT = "https://localhost/"
"""Where people are sent after signing in: Meta demands https. The page need not load; its address has the code."""
_NAME = re.compile(r"[A-Za-z0-9._]{1,30}")
OVERLAP_SECONDS = 86_400
"""How far before the last run new acts are looked for: lists lag behind."""
_RATE_CODES = {"4", "17", "32", "613", "80002"}
"""Limits of the application, the account, the page, the call and the Instagram account."""
SKIP = (
    ErrorRule(action=Action.SKIP, codes={"10", "200", "3"}, reason="the token lacks the permission for it"),
    ErrorRule(action=Action.SKIP, codes={"100"}),
    ErrorRule(action=Action.SKIP, statuses={404}),
    ErrorRule(action=Action.SKIP, text="reduce the amount of data"),
)
"""Lists that a token may lack the permission for, that are too long, and posts that were deleted meanwhile."""


def graph_api(network: str, quota: Quota) -> ApiSpec:
    """Return the conventions of a network on the Graph API, whose errors have a status of 400 and a code."""
    token = f"the token has expired or was withdrawn; sign in with `renown login {network}`, or set a new one"
    return ApiSpec(
        auth_header="",
        auth_param="access_token",
        error_format=ErrorFormat(codes=("error.code",), texts=("error.error_user_msg", "error.message")),
        errors=(
            ErrorRule(action=Action.WAIT, codes=_RATE_CODES, reason="the requests of this hour are used up", wait=3600),
            ErrorRule(action=Action.SIGN_IN, codes={"190", "102"}, reason=token),
            ErrorRule(
                action=Action.SIGN_IN, codes={"10", "200", "3"}, reason="the token lacks a permission; sign in again"
            ),
        ),
        quota=quota,
    )


def long_lived(prefix: str) -> LongLivedSpec:
    """Return how tokens are exchanged and renewed; grants have a prefix for each network."""
    return LongLivedSpec(
        exchange_url="access_token",
        exchange_grant=f"{prefix}_exchange_token",
        renew_url="refresh_access_token",
        renew_grant=f"{prefix}_refresh_token",
    )


def graph_list(response_type: Any, errors: Sequence[ErrorRule] = ()) -> ListSpec:
    """Return how a list is read page by page."""
    return ListSpec(
        response_type=response_type,
        items=attrgetter("data"),
        item_id=attrgetter("id"),
        cursor=attrgetter("paging.cursor"),
        cursor_param="after",
        errors=errors,
    )


def check_token(client: "Client", network: str) -> None:
    """Check that there is a token; raise `CredentialError` if not."""
    if not client.has_token:
        raise CredentialError(f"{network} is read with your own token only; sign in with `renown login {network}`")


def parse_name(network: str, name: str) -> str:
    """Return the name of an account as people type it, without @; raise `InvalidInputError` if it is none."""
    text = name.strip().lstrip("@")
    if not _NAME.fullmatch(text):
        raise invalid_name_error(network, name, "its name, such as @ada")
    return text


def check_owner(network: str, owner: str, name: str) -> None:
    """Check that the token is of the account with a name; raise `AccountGoneError` if not."""
    if owner.lower() != name.lower():
        raise AccountGoneError(
            f"the token is of @{owner}, and reads nobody else; to add @{name}, sign in as @{name} with "
            f"`renown login {network}`"
        )


def name_alias(network: str, name: str, account_id: str, now: datetime) -> list[Record]:
    """Return the name of an account as another id of it, as exports know it and those on whom it acts."""
    # A name of digits may be another account's number.
    is_usable = is_valid_id(name) and not name.isdecimal()
    return [AccountAlias(network=network, alias_id=name.lower(), account_id=account_id, at=now)] if is_usable else []
