"""Visible: whom others may be shown, and who claimed what."""

from dataclasses import dataclass

from renown.answers.who import handles
from renown.engines import Engine
from renown.lake import Lake
from renown.settings import ServeSettings
from renown.store import People


@dataclass(frozen=True)
class Owned:
    """An account that somebody claimed."""

    network: str
    account_id: str
    handle: str
    """Its latest; its id where none is known."""
    proof: str
    """What proves the claim, one of `store.PROOFS`; empty: not proven."""
    proven: bool
    """Whether it can be relied on; an archive cannot."""
    proved_at: str
    """UTC instant, empty where nothing proves it."""


@dataclass(frozen=True)
class Claimant:
    """Somebody who claimed accounts."""

    name: str
    consent: str
    """`given` or `withdrawn`."""
    consent_at: str
    """UTC instant since which it is so."""
    accounts: tuple[Owned, ...]


def may_show(key: int, people: People, told: ServeSettings) -> bool:
    """
    Tell whether somebody may be shown to others; who may not is answered like somebody who is not known.

    The command line is its user's own and shows all that it has.

    Parameters
    ----------
    key : int
        What scores call them.
    people : People
    told : ServeSettings
        Its `visibility` and `unproven`.
    """
    if key >= 0:
        left = {account for _, account in people.opt_outs.now().accounts}
        return told.visibility == "everyone" and key not in left
    person = people.by_key(key)
    if person is None or not person.consents:
        return False
    return told.unproven == "mark" or all(claim.proven for claim in person.claims)


def roster(engine: Engine, lake: Lake, people: People) -> list[Claimant]:
    """Return everybody who claimed accounts, in the order in which they came."""
    found = people.all()
    called = handles(engine, lake, (account for person in found for account in person.accounts))
    return [
        Claimant(
            person.name,
            person.consent,
            person.consent_at.isoformat(),
            tuple(
                Owned(
                    claim.network,
                    claim.account_id,
                    called.get((claim.network, claim.account_id), claim.account_id),
                    claim.proof,
                    claim.proven,
                    claim.proved_at.isoformat() if claim.proved_at else "",
                )
                for claim in person.claims
            ),
        )
        for person in found
    ]
