"""Profiles of Nostr accounts: find them by key or by NIP-05, read their description, find their payment provider."""

from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING

import msgspec

from renown.connectors.account_names import invalid_name_error
from renown.connectors.base import Account, AccountBio, AccountIdentity, Link
from renown.connectors.decode import decode_json
from renown.connectors.http.guarded_socket import socket_url
from renown.connectors.nostr.events import FOLLOWS, PROFILE, Event
from renown.connectors.nostr.keys import KEY_PATTERN, format_npub, parse_key, parse_nip05
from renown.connectors.nostr.relay import Relay
from renown.connectors.verification import find_links
from renown.errors import AccountGoneError, InvalidInputError, NetworkRefusedError, NetworkUnavailableError
from renown.records import Profile

if TYPE_CHECKING:
    from collections.abc import Iterator

    from renown.connectors.http import Client

NETWORK = "nostr"
_ROOT_NAME = "_"
"""Name of NIP-05 that stands for the whole domain."""


class NostrProfile(msgspec.Struct):
    """What an account says about itself (kind 0); anything may be in it."""

    name: str = ""
    display_name: str = ""
    picture: str = ""
    about: str = ""
    website: str = ""
    nip05: str = ""
    lud16: str = ""


class _Names(msgspec.Struct):
    names: dict[str, str] = {}


class _Wallet(msgspec.Struct, rename="camel"):
    """The description of a payment address (LUD-06, NIP-57)."""

    nostr_pubkey: str = ""


def find_account(client: "Client", name: str, *, now: datetime) -> Profile:
    """Look up an account by its public key, as ``npub1…`` or in hex, or by its name ``name@domain`` (NIP-05)."""
    if "nsec1" in name.lower():
        raise InvalidInputError(
            "that is a secret key (nsec1…), which nobody else should have; write the public one, npub1…"
        )
    key, handle = parse_key(name), ""
    if key is None:
        identifier = parse_nip05(name)
        if identifier is None:
            raise invalid_name_error(NETWORK, name, "its public key, npub1…, or its name, ada@example.com")
        key, handle = _fetch_key(client, *identifier), "@".join(identifier).removeprefix(f"{_ROOT_NAME}@")
    events = _fetch_latest(client, key)
    if PROFILE not in events:
        raise AccountGoneError(
            f"no relay has a profile of {format_npub(key)}; name the relays where it is in the settings"
        )
    return build_profile(Account(key, handle or format_npub(key)), events.get(FOLLOWS), None, now)


def read_bio(client: "Client", account: Account, *, now: datetime) -> AccountBio:  # noqa: ARG001 - part of the contract
    """Read the signed description and website of an account, and the domain that confirms it."""
    profile = parse_profile(_fetch_latest(client, account.account_id).get(PROFILE))
    links = find_links(profile.about)
    return AccountBio(
        profile.about,
        (*links, *([Link(profile.website)] if profile.website else [])),
        _confirmed_domain(client, account.account_id, profile.nip05),
    )


def build_profile(account: Account, follows: Event | None, follower_count: int | None, now: datetime) -> Profile:
    """Build the profile record of an account, with the number of accounts in its own list of follows."""
    return Profile(
        network=NETWORK,
        account_id=account.account_id,
        at=now,
        handle=account.handle,
        followers=follower_count,
        following=len(set(follows.values("p"))) if follows else None,
    )


def parse_profile(event: Event | None) -> NostrProfile:
    """Parse what an account says about itself; empty if it cannot be read."""
    try:
        return decode_json(event.content.encode(), NostrProfile).value if event else NostrProfile()
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        return NostrProfile()


def build_identity(event: Event | None) -> AccountIdentity | None:
    """Return how an account presents itself; None if its profile was not found."""
    profile = parse_profile(event)
    identity = AccountIdentity(display_name=profile.display_name or profile.name, avatar_url=profile.picture)
    return identity if event else None


def read_relays(event: Event | None) -> list[str]:
    """Return the encrypted relays on which an account reads what is addressed to it (NIP-65), of its own list."""
    urls = []
    for tag in event.tags if event else []:
        if tag[:1] != ["r"] or len(tag) == 1 or tag[2:3] == ["write"]:
            continue
        try:
            urls.append(socket_url(tag[1]))
        except InvalidInputError:
            continue
    return [url for url in urls if url.startswith("wss://")]


def find_provider(client: "Client", address: str) -> str:
    """
    Find the key with which the provider of a payment address signs receipts; empty if it signs none.

    Raises
    ------
    NetworkUnavailableError, NetworkRefusedError
        If the provider does not answer.
    """
    identifier = parse_nip05(address)
    if identifier is None or identifier[0] == _ROOT_NAME:
        return ""
    with _open_domain(client, identifier[1]) as domain_client:
        wallet: _Wallet = domain_client.get(f".well-known/lnurlp/{identifier[0]}", response_type=_Wallet).body
    return wallet.nostr_pubkey if KEY_PATTERN.fullmatch(wallet.nostr_pubkey) else ""


def _fetch_latest(client: "Client", key: str) -> dict[int, Event]:
    """Fetch the newest profile and follows of an account from the first relay that has a profile."""
    failure: Exception | None = None
    latest: dict[int, Event] = {}
    for url in client.socket_urls:
        try:
            with Relay(client, url) as relay:
                answer = relay.fetch({"authors": [key], "kinds": [PROFILE, FOLLOWS]})
        except (NetworkUnavailableError, NetworkRefusedError) as error:
            failure = error
            continue
        latest = {event.kind: event for event in [*latest.values(), *reversed(answer.events)]}
        if PROFILE in latest:
            return latest
    if failure:
        raise failure
    return latest


def _fetch_key(client: "Client", name: str, domain: str) -> str:
    with _open_domain(client, domain) as domain_client:
        body: _Names = domain_client.get(".well-known/nostr.json", {"name": name}, response_type=_Names).body
    key = body.names.get(name, "").lower()
    if not KEY_PATTERN.fullmatch(key):
        raise AccountGoneError(f"{domain} knows no account of nostr named {name!r} (NIP-05); write its key, npub1…")
    return key


def _confirmed_domain(client: "Client", key: str, identifier: str) -> str:
    """Return the domain that names the account as its own as a whole (``_@domain``); empty without one."""
    name, domain = parse_nip05(identifier) or ("", "")
    if name != _ROOT_NAME:
        return ""
    try:
        return domain if _fetch_key(client, name, domain) == key else ""
    except (NetworkUnavailableError, NetworkRefusedError):
        return ""


@contextmanager
def _open_domain(client: "Client", domain: str) -> "Iterator[Client]":
    """Open a client of a domain that an account names; the server of the settings is asked directly."""
    if domain == client.authority:
        yield client
        return
    with client.open_client(f"https://{domain}") as domain_client:
        yield domain_client
