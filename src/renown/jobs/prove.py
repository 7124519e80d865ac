"""Prove: ask networks whether the accounts that somebody claimed say that they are theirs."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import quote

from renown.connectors import proofs
from renown.connectors.base import Account, Connector
from renown.connectors.http import Client
from renown.errors import RenownError
from renown.store import Claim, People, Person


@dataclass(frozen=True)
class Finding:
    """What came of one claim."""

    network: str
    name: str
    """The handle, or id, that it was asked for by."""
    proof: str
    """One of `store.PROOFS`; empty where nothing proves it."""
    said: str
    """Why it could not be asked; empty where it was."""


def prove(
    people: People,
    person: Person,
    accounts: Sequence[tuple[Connector, Account]],
    client: Callable[[Connector, Account], Client],
    *,
    page: str,
    now: datetime,
) -> list[Finding]:
    """
    Look for proofs of a person's claims; what was proven before stays so, whatever the account says now.

    Parameters
    ----------
    people : People
        Where proofs are kept.
    person : Person
    accounts : sequence of (Connector, Account)
        Those of theirs that can be asked.
    client : callable
        Opens a client of the server that knows an account.
    page : str
        URL of their page; empty where they have none.
    now : datetime

    Returns
    -------
    list of Finding
        One an account, in their order.
    """
    claims = {(claim.network, claim.account_id): claim for claim in person.claims}
    findings = []
    for connector, account in accounts:
        claim = claims[connector.network, account.account_id]
        found, said = (claim.proof, "") if claim.proven else _look(connector, account, client, claim, page, now)
        if found and not claim.proven:
            people.prove(claim.network, claim.account_id, found, at=now)
        findings.append(Finding(claim.network, account.handle, found, said))
    return findings


def page_of(url: str, name: str) -> str:
    """
    Return the address of a person's page below that of the site; empty where there is no site.

    Examples
    --------
    >>> page_of("https://renown.example/", "Ada Ä/B"), page_of("", "Ada")
    ('https://renown.example/people/Ada%20%C3%84%2FB', '')
    """
    return f"{url.rstrip('/')}/people/{quote(name, safe='')}" if url else ""


def _look(
    connector: Connector,
    account: Account,
    client: Callable[[Connector, Account], Client],
    claim: Claim,
    page: str,
    now: datetime,
) -> tuple[str, str]:
    """Return what proves a claim, and why it could not be asked: no failure keeps the others from being asked."""
    try:
        with client(connector, account) as asked:
            return proofs.proof(connector.about(asked, account, now=now), claim.token, page), ""
    except RenownError as error:
        return "", str(error)
