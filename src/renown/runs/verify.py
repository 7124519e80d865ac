"""
Verify claims and accounts: look for a proof of ownership in the profile of an account.

`verify_claims` does so for the claims of a person; `NetworkLookup` while a visitor of the web waits.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import quote, urlsplit

from renown.connectors import CONNECTORS, verification
from renown.connectors.base import Account, AccountBio, Connector
from renown.connectors.http.client import Client
from renown.connectors.profile_urls import normalize_name
from renown.errors import InvalidInputError, RenownError
from renown.records import Profile
from renown.store import Claim, PeopleStore, Person
from renown.text import suggest_spelling

MAX_LOOKUP_REQUESTS = 8
"""Maximum number of requests to a network for one lookup; Mastodon needs four."""
LOOKUP_TIMEOUT = 10
"""Timeout of one lookup, in seconds."""
MAX_LOOKUP_BYTES = 1_000_000
"""Maximum size of one response in a lookup; profiles have some thousand bytes."""
MAX_NAME_LENGTH = 300
"""Maximum number of characters of a name to look up."""


@dataclass(frozen=True)
class VerificationResult:
    """Result of verifying one claim."""

    network: str
    name: str
    """The handle, or the id if there is none."""
    proof: str
    """One of `store.PROOFS`; empty if there is no proof."""
    message: str
    """Why the network did not answer; empty if it did."""


@dataclass(frozen=True)
class NetworkLookup:
    """Looks up accounts on networks for visitors of the web."""

    open_client: Callable[[Connector, str], Client]
    """Opens an HTTP client for the server that knows a name, with a small budget."""
    resolve_server: Callable[[Connector, str], str]
    """Returns the URL of that server."""
    now: Callable[[], datetime]

    def server_url(self, network: str, name: str) -> str:
        """
        Return the URL of the server that knows a name; used to rate-limit lookups per server.

        Raises
        ------
        InvalidInputError
            If there is no connector for the network, or the name is not valid there.
        """
        connector = _get_connector(network)
        name = _normalize_name(connector, name)
        return self.resolve_server(connector, name)

    def find_account(self, network: str, name: str) -> Profile:
        """
        Look up the account with a name on a network.

        Raises
        ------
        InvalidInputError
            If there is no connector for the network, or the name is not valid there.
        NetworkRefusedError, NetworkUnavailableError, BudgetExceededError
            If the network does not answer.
        """
        connector = _get_connector(network)
        name = _normalize_name(connector, name)
        with self.open_client(connector, name) as api_client:
            return connector.find(api_client, name, now=self.now())

    def find_proof(self, network: str, account_id: str, handle: str, token: str, page: str) -> str:
        """
        Look for a token or a link to a page in an account's profile; return the kind of proof, empty if there is none.

        Links count only on networks that support rel="me". A handle that equals the host name of this site is no
        proof here: it would verify the operator of the site, not the visitor.

        Raises
        ------
        NetworkRefusedError, NetworkUnavailableError, BudgetExceededError
            If the network does not answer.
        """
        connector = _get_connector(network)
        with self.open_client(connector, handle) as api_client:
            bio = connector.read_bio(api_client, Account(account_id, handle), now=self.now())
        return verification.find_proof(AccountBio(bio.text, bio.links if connector.has_rel_me else ()), token, page)


def verify_claims(
    people: PeopleStore,
    person: Person,
    accounts: Sequence[tuple[Connector, Account]],
    open_client: Callable[[Connector, Account], Client],
    *,
    page: str,
    now: datetime,
) -> list[VerificationResult]:
    """
    Verify a person's claims; verified claims stay verified, whatever the account's profile says now.

    Parameters
    ----------
    people : PeopleStore
        Stores the proofs.
    person : Person
    accounts : sequence of (Connector, Account)
        Accounts of the person on networks that have a connector.
    open_client : callable
        Opens an HTTP client for the server that knows an account.
    page : str
        URL of the person's page; empty if there is none.
    now : datetime

    Returns
    -------
    list of VerificationResult
        One for each account, in their order.
    """
    claims = {(claim.network, claim.account_id): claim for claim in person.claims}
    results = []
    for connector, account in accounts:
        claim = claims[connector.network, account.account_id]
        proof, message = (
            (claim.proof, "")
            if claim.is_verified
            else _find_proof(connector, account=account, open_client=open_client, claim=claim, page=page, now=now)
        )
        if proof and not claim.is_verified:
            people.record_proof(claim.network, claim.account_id, proof, at=now)
        results.append(VerificationResult(claim.network, account.handle, proof, message))
    return results


def person_page_url(url: str, name: str) -> str:
    """
    Return the URL of a person's page below the site's URL; empty if there is no site.

    Examples
    --------
    >>> person_page_url("https://renown.example/", "Ada Ä/B"), person_page_url("", "Ada")
    ('https://renown.example/people/Ada%20%C3%84%2FB', '')
    """
    return f"{url.rstrip('/')}/people/{quote(name, safe='')}" if url else ""


def _find_proof(
    connector: Connector,
    account: Account,
    open_client: Callable[[Connector, Account], Client],
    claim: Claim,
    page: str,
    now: datetime,
) -> tuple[str, str]:
    """Return the proof of a claim and an error message, either of them empty; a failure does not stop the others."""
    try:
        with open_client(connector, account) as api_client:
            return verification.find_proof(connector.read_bio(api_client, account, now=now), claim.token, page), ""
    except RenownError as error:
        return "", str(error)


def _get_connector(network: str) -> Connector:
    connector = CONNECTORS.get(network)
    if connector is None:
        short_name = network[:40]
        suggestion = suggest_spelling(short_name, CONNECTORS)
        raise InvalidInputError(
            f"accounts on {short_name!r} cannot be verified: renown cannot read this network; {suggestion}"
        )
    return connector


def _normalize_name(connector: Connector, text: str) -> str:
    """
    Return the name of a name or of the URL of an account's page.

    Invalid names, and names with a port, are rejected, so that visitors cannot probe arbitrary ports (SSRF).
    """
    name = normalize_name(connector, text)
    if not name.strip() or len(name) > MAX_NAME_LENGTH or not name.isprintable():
        raise InvalidInputError(
            f"{name[:40]!r} is not a valid name on {connector.network}; write one such as {connector.example}"
        )
    try:
        port = urlsplit(connector.server_url(name)).port
    except ValueError:
        port = 0
    if port is not None:
        raise InvalidInputError(f"{name!r} contains a port; write a name such as {connector.example}")
    return name
