"""Misskey's API: what errors mean, how lists go on, names of accounts, and how an account is looked up."""

import re
from typing import TYPE_CHECKING, Any

from renown.connectors.account_names import check_home_server, invalid_name_error
from renown.connectors.http import Action, ApiSpec, ErrorFormat, ErrorRule
from renown.connectors.mastodon.ids import DOMAIN_PATTERN, split_handle
from renown.connectors.mastodon.models import MastodonInstance
from renown.connectors.misskey.models import MisskeyAccount
from renown.connectors.pagination import ListSpec
from renown.errors import AccountGoneError, NetworkRefusedError

if TYPE_CHECKING:
    from renown.connectors.http import Client

NETWORK = "misskey"
PAGE_SIZE = 100
"""Maximum entries per page."""
SKIP = (ErrorRule(action=Action.SKIP, statuses={400, 401, 403, 404, 405, 410}),)
"""A note that was deleted meanwhile, and a list that a server shows to its members only, or lacks."""
_FIND_ERRORS = (
    ErrorRule(
        action=Action.GONE,
        codes={"NO_SUCH_USER"},
        reason="this server has no such account, has suspended it, or shows it to its own members only",
    ),
    ErrorRule(action=Action.GONE, statuses={404, 405, 410}, reason="this is no server of Misskey"),
)
API = ApiSpec(
    error_format=ErrorFormat(codes=("error.code",), texts=("error.message", "error")),
    errors=(
        ErrorRule(
            action=Action.SIGN_IN,
            codes={"CREDENTIAL_REQUIRED", "AUTHENTICATION_FAILED", "YOUR_ACCOUNT_SUSPENDED"},
            reason="this server answers only its own members, or does not accept the token",
        ),
    ),
)
_USER = re.compile(r"[\w.-]{1,128}")
_PAGE = re.compile(r"([^/@]+)/@([^/@?#]+)")
"""URL of a profile without its scheme, which `Connector.profile_urls` take as the name."""


def parse_handle(name: str) -> tuple[str, str]:
    """
    Parse a name with its server, or the URL of a profile without its scheme, into the two.

    Raises
    ------
    InvalidInputError
        If it is neither.

    Examples
    --------
    >>> parse_handle("@Ada@Misskey.io"), parse_handle("misskey.io/@ada")
    (('Ada', 'misskey.io'), ('ada', 'misskey.io'))
    """
    page = _PAGE.fullmatch(name.strip())
    user, host = split_handle(f"{page[2]}@{page[1]}" if page else name)
    if not _USER.fullmatch(user) or not DOMAIN_PATTERN.fullmatch(host):
        raise invalid_name_error(NETWORK, name, "its name with its server: ada@misskey.io")
    return user, host


def server_url(name: str) -> str:
    """Return the base URL of an account's own server."""
    return f"https://{parse_handle(name)[1]}"


def fetch_account(client: "Client", name: str) -> MisskeyAccount:
    """
    Fetch an account from its own server, which alone knows all reactions to it.

    Raises
    ------
    AccountGoneError
        If the server has no such account, or no longer.
    NetworkRefusedError
        If this is not its server.
    """
    user, host = parse_handle(name)
    check_home_server(client, NETWORK, name, host)
    account: MisskeyAccount = client.post(
        "api/users/show", json={"username": user}, response_type=MisskeyAccount, errors=_FIND_ERRORS
    ).body
    if account.username.lower() != user.lower() or account.host not in {None, "", host}:
        raise AccountGoneError(f"{client.host} answered with another account than {name}")
    return account


def check_active(account: MisskeyAccount, name: str) -> None:
    """
    Check that an account is neither suspended nor moved.

    Raises
    ------
    AccountGoneError
        If it is.
    """
    if account.is_suspended:
        raise AccountGoneError(f"{name} is suspended by its server; it can be read again after the suspension")
    if account.moved_to:
        raise AccountGoneError(f"{name} moved to {account.moved_to[:200]}; claim that account instead")


def check_only_misskey(client: "Client", name: str) -> None:
    """
    Check that a server does not have Mastodon's API, too: an account that is read by both would count twice.

    Raises
    ------
    NetworkRefusedError
        If it has.
    """
    try:
        server: MastodonInstance = client.get("api/v1/instance", response_type=MastodonInstance, errors=SKIP).body
    except NetworkRefusedError:
        return
    if server.uri or server.domain:
        raise NetworkRefusedError(
            f"{client.host} has Mastodon's API, too, so that {name} would count twice; add it as an account of mastodon"
        )


def list_spec(
    response_type: Any, *, offset_param: str = "", is_skipped: bool = True, has_full_pages: bool = True
) -> ListSpec:
    """
    Return how a list goes on: below the id of its last entry.

    Parameters
    ----------
    response_type : type
        A list of entries with an id.
    offset_param : str, optional
        Parameter of the number of entries read so far, for servers that ignore the id.
    is_skipped : bool, optional
        Whether the list is skipped if the server refuses it.
    has_full_pages : bool, optional
        Whether only the last page is shorter than its limit. Some servers leave out notes after they cut a page.
    """
    return ListSpec(
        response_type=response_type,
        item_id=lambda item: item.id,
        cursor=lambda items: items[-1].id if items else None,
        cursor_param="untilId",
        offset_param=offset_param,
        has_full_pages=has_full_pages,
        is_posted=True,
        errors=SKIP if is_skipped else _FIND_ERRORS,
    )
