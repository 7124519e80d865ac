"""Decide who is visible to others, and list people with their claimed accounts."""

import threading
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from renown.answers.hidden_ranks import HiddenRanks
from renown.answers.name_index import NameIndex
from renown.engines.base import Engine
from renown.lake import Lake
from renown.records import OptOutList, opt_out_hash
from renown.scoring.accounts import load_handles
from renown.settings import ServeSettings
from renown.store import PeopleStore, ServedScoreStore


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


@dataclass(frozen=True, kw_only=True, eq=False)
class Visibility:
    """
    Who is visible to others; everything that lists, pages, counts or logs people for others goes through it.

    The command line is private to its user and shows everybody.
    """

    version: int
    """Version of the store's consent, claims, opt-outs and settings."""
    shows_unclaimed: bool
    """Whether accounts that nobody claimed are visible, too."""
    people: Mapping[int, str]
    """Names of the visible people with claimed accounts, by score key."""
    public_ids: Mapping[int, str]
    """Ids by which the API identifies people in lists of changes, by score key; of hidden people, too."""
    hidden_accounts: frozenset[str]
    """``network:id`` of accounts whose owners are hidden; empty unless `shows_unclaimed`."""
    opt_outs: OptOutList

    @cached_property
    def names(self) -> frozenset[str]:
        """Names of the visible people."""
        return frozenset(self.people.values())

    @cached_property
    def name_index(self) -> NameIndex:
        """The words of the visible people's names, to search them."""
        return NameIndex(self.people)

    @cached_property
    def opted_out_keys(self) -> frozenset[int]:
        """Keys of opted-out accounts of which the lake still has rows."""
        return frozenset(account for _, account in self.opt_outs.accounts)

    def includes(self, key: int, name: str = "") -> bool:
        """
        Return whether a person or account is visible; requests for others are answered as for unknown ones.

        Parameters
        ----------
        key : int
            Score key.
        name : str
            ``network:id`` of an unclaimed account, if known: the lake may not know its key.
        """
        if key < 0:
            return key in self.people
        return self.shows_unclaimed and key not in self.opted_out_keys and not (name and self._is_hidden(name))

    def select(self, keys: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Return a mask of the visible ones of many score keys."""
        is_person = np.isin(keys, np.fromiter(self.people, np.int64, len(self.people)))
        if not self.shows_unclaimed:
            return is_person
        opted_out = np.fromiter(self.opted_out_keys, np.int64, len(self.opted_out_keys))
        return is_person | ((keys >= 0) & ~np.isin(keys, opted_out))

    def is_opted_out(self, network: str, account_id: str) -> bool:
        """Return whether the owner of an account opted out with it."""
        hashes = self.opt_outs.hashes
        return bool(hashes) and opt_out_hash(self.opt_outs.secret, network, account_id) in hashes

    def _is_hidden(self, name: str) -> bool:
        network, _, account_id = name.partition(":")
        return name in self.hidden_accounts or self.is_opted_out(network, account_id)


class VisibilityCache:
    """The current visibility, loaded again whenever the store's version of it changes."""

    def __init__(self, people: PeopleStore, settings: ServeSettings) -> None:
        self._people, self._settings = people, settings
        self._lock = threading.Lock()
        self._visibility: Visibility | None = None

    def get(self) -> Visibility:
        """Return who is visible now."""
        version = self._people.visibility.version().number
        with self._lock:
            if self._visibility is None or self._visibility.version != version:
                self._visibility = load_visibility(self._people, self._settings, version)
            return self._visibility


def load_visibility(people: PeopleStore, settings: ServeSettings, version: int) -> Visibility:
    """Load who is visible by consent, proofs, opt-outs, and the settings `visibility` and `unproven`."""
    names = people.consenting_names(verified_only=settings.unproven == "hide")
    shows_unclaimed = settings.visibility == "everyone"
    hidden_people = [person for person in people.all() if person.key not in names] if shows_unclaimed else []
    return Visibility(
        version=version,
        shows_unclaimed=shows_unclaimed,
        people=names,
        public_ids=people.changes.public_ids(),
        hidden_accounts=frozenset(
            f"{network}:{account_id}" for person in hidden_people for network, account_id in person.accounts
        ),
        opt_outs=people.opt_outs.load(),
    )


def find_hidden_ranks(visibility: Visibility, score_store: ServedScoreStore) -> HiddenRanks:
    """Find the ranks of hidden people in the served snapshot, and of those who were deleted from it."""
    ranks = [rank for key, rank in score_store.list_claimed_ranks() if key not in visibility.people]
    opted_out = filter(None, map(score_store.find, visibility.opted_out_keys))
    ranks += [score.rank for score in opted_out] + score_store.list_departed_ranks()
    return HiddenRanks(tuple(sorted(ranks)))


def is_visible(key: int, people: PeopleStore, settings: ServeSettings) -> bool:
    """Return whether a person or account may be shown to others, by score key."""
    return load_visibility(people, settings, people.visibility.version().number).includes(key)


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
