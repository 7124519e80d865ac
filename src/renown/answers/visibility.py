"""Decide who is visible to others, and list people with their claimed accounts."""

from dataclasses import dataclass

from renown.engines.base import Engine
from renown.lake import Lake
from renown.scoring.accounts import load_handles
from renown.settings import ServeSettings
from renown.store import PeopleStore


@dataclass(frozen=True, kw_only=True)
class ClaimedAccount:
    """An account that a person claimed."""

    network: str
    account_id: str
    handle: str
    """The latest handle, or the id if none is known."""
    proof: str
    """Kind of proof, one of `store.PROOFS`; empty if there is none."""
    proven: bool
    """Whether the proof is reliable; an archive is not."""
    proved_at: str
    """UTC instant; empty if there is no proof."""


@dataclass(frozen=True)
class VisiblePerson:
    """A person with claimed accounts."""

    name: str
    consent: str
    """`given` or `withdrawn`."""
    consent_at: str
    """UTC instant of the last change of consent."""
    accounts: tuple[ClaimedAccount, ...]


def is_visible(key: int, people: PeopleStore, settings: ServeSettings) -> bool:
    """
    Return whether a person may be shown to others; requests for hidden people are answered as for unknown ones.

    The command line is private to its user and shows everybody.

    Parameters
    ----------
    key : int
        Score key of the person.
    people : PeopleStore
    settings : ServeSettings
        `visibility` and `unproven` are used.
    """
    if key >= 0:
        opted_out = {account for _, account in people.opt_outs.load().accounts}
        return settings.visibility == "everyone" and key not in opted_out
    person = people.by_key(key)
    if person is None or not person.has_consented:
        return False
    return settings.unproven == "mark" or all(claim.is_verified for claim in person.claims)


def list_people(engine: Engine, lake: Lake, people: PeopleStore) -> list[VisiblePerson]:
    """List everybody who claimed accounts, in the order of their registration."""
    all_people = people.all()
    handles_by_account = load_handles(engine, lake, (account for person in all_people for account in person.accounts))
    return [
        VisiblePerson(
            person.name,
            person.consent,
            person.consent_at.isoformat(),
            tuple(
                ClaimedAccount(
                    network=claim.network,
                    account_id=claim.account_id,
                    handle=handles_by_account.get((claim.network, claim.account_id), claim.account_id),
                    proof=claim.proof,
                    proven=claim.is_verified,
                    proved_at=claim.proved_at.isoformat() if claim.proved_at else "",
                )
                for claim in person.claims
            ),
        )
        for person in all_people
    ]
