"""Bluesky accounts: fetch and describe them, tell why one is gone, look up those who acted."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from renown.connectors import verification
from renown.connectors.base import Account, AccountBio, Page, clean_count
from renown.connectors.bluesky import models
from renown.connectors.bluesky.ids import NETWORK, is_did, parse_account_age, parse_handle, parse_handle_or_did
from renown.errors import AccountGoneError, CursorExpiredError, NetworkRefusedError
from renown.records import Profile

if TYPE_CHECKING:
    from renown.connectors.http.client import Client

_PROFILES_PER_REQUEST = 25
"""Accounts in one request (atproto, ``lexicons/app/bsky/actor/getProfiles.json``)."""
_HIDDEN_LABEL = "!no-unauthenticated"
"""Label of people who do not want to be shown to logged-out users (atproto, ``com.atproto.label.defs``)."""
_GONE_REASONS = {
    "AccountTakedown": "the network has suspended it",
    "AccountDeactivated": "its owner has deactivated it; it may come back",
    "InvalidRequest": "there is no account by that name; it was renamed or deleted, or never existed",
}
"""The network's error code to what it means for an account."""


def find_account(client: "Client", name: str, *, now: datetime) -> Profile:
    """
    Look up an account by handle or DID.

    Raises
    ------
    AccountGoneError
        If there is none, or it is suspended or deactivated.
    InvalidInputError
        If `name` is neither a handle nor a DID.
    """
    return fetch_profile(client, parse_handle_or_did(name), now=now)


def look_up_actors(client: "Client", account_ids: Sequence[str], *, now: datetime) -> Iterator[Page]:
    """Look up accounts; those who do not want to be shown, or are gone, have a profile without figures."""
    for start in range(0, len(account_ids), _PROFILES_PER_REQUEST):
        batch = account_ids[start : start + _PROFILES_PER_REQUEST]
        result = client.get(
            "xrpc/app.bsky.actor.getProfiles", {"actors": list(batch)}, response_type=models.BlueskyProfiles
        )
        shown = {person.did: person for person in result.body.profiles if not _is_hidden(person)}
        yield Page(
            tuple(
                to_profile(shown[did], now) if did in shown else Profile(network=NETWORK, account_id=did, at=now)
                for did in batch
            ),
            dropped=tuple(f"getProfiles {problem}" for problem in result.dropped),
        )


def read_bio(client: "Client", account: Account, *, now: datetime) -> AccountBio:  # noqa: ARG001 - part of the contract
    """
    Read an account's own description, and its handle, which is a domain.

    The app view verifies a handle in both directions before it shows it; a failed one is ``handle.invalid``.
    """
    details = fetch_account(client, account.account_id)
    return AccountBio(
        details.description, verification.find_links(details.description), parse_handle(details.handle) or ""
    )


def fetch_profile(client: "Client", actor: str, *, now: datetime) -> Profile:
    """Fetch an account, as our record."""
    return to_profile(fetch_account(client, actor), now)


def fetch_account(client: "Client", actor: str) -> models.BlueskyProfileDetails:
    """Fetch an account by its handle or DID; raise `AccountGoneError` if it cannot be read."""
    try:
        account: models.BlueskyProfileDetails = client.get(
            "xrpc/app.bsky.actor.getProfile", {"actor": actor}, response_type=models.BlueskyProfileDetails
        ).body
    except NetworkRefusedError as error:
        raise specific_error(error, actor) from error
    if not is_did(account.did):
        raise NetworkRefusedError(f"the response for {actor!r} on bluesky has no DID; is the address of the API right?")
    return account


def to_profile(account: models.BlueskyProfile, now: datetime) -> Profile:
    """Convert a profile to our record; the API does not tell how many lists the account is on."""
    return Profile(
        network=NETWORK,
        account_id=account.did,
        at=now,
        handle=parse_handle(account.handle),
        followers=clean_count(account.followers),
        following=clean_count(account.following),
        posts=clean_count(account.posts),
        created_at=parse_account_age(account.created, now=now),
    )


def specific_error(error: NetworkRefusedError, actor: str, cursor: str = "") -> NetworkRefusedError:
    """Return the specific error for a refusal: `InvalidRequest` may mean an expired cursor or a missing account."""
    reason = _GONE_REASONS.get(error.code or "")
    if reason and (error.code != "InvalidRequest" or "not found" in str(error)):
        return AccountGoneError(f"{actor!r} on bluesky: {reason}", status=error.status, code=error.code)
    if cursor and error.code == "InvalidRequest":
        return CursorExpiredError(str(error), status=error.status, code=error.code)
    return error


def _is_hidden(person: models.BlueskyPerson) -> bool:
    return any(label.val == _HIDDEN_LABEL for label in person.labels)
