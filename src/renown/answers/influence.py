"""Name whom a person reacts to, and who reacts to the person."""

from collections.abc import Callable, Iterable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from datetime import date

from renown.answers.profile import Influencer, InfluencerList, PersonProfile

_Account = tuple[str, str]
"""Network and account id."""


@dataclass(frozen=True, kw_only=True)
class Influence:
    """Who influences a person, and whom the person influences, in the window of a day."""

    name: str
    day: str
    """UTC day, as 2026-11-23."""
    influencers: tuple[Influencer, ...]
    """People whom the person reacted to: those with the highest scores, highest first."""
    influencers_count: int
    """All of them, with or without a score."""
    influencees: tuple[Influencer, ...]
    """People who reacted to the person: those with the highest scores, highest first."""
    influencees_count: int


def name_influence(
    name: str,
    day: date,
    profile: PersonProfile,
    load_handles: Callable[[Iterable[_Account]], Mapping[_Account, str]],
    *,
    hidden_keys: AbstractSet[int],
) -> Influence:
    """
    Name the influencers and influencees of a person; accounts that nobody claimed by their handles.

    Parameters
    ----------
    name : str
        Of the person or account.
    day : date
    profile : PersonProfile
    load_handles : function
        Returns the latest handle of each account that has one.
    hidden_keys : set of int
        Score keys of people who are only counted.
    """
    lists = [people.anonymize(hidden_keys) for people in (profile.influencers, profile.influencees)]
    accounts = {_split_name(person.name) for people in lists for person in people.people if person.key >= 0}
    handles = load_handles(sorted(accounts))
    influencers, influencees = (_name_by_handles(people, handles) for people in lists)
    return Influence(
        name=name,
        day=day.isoformat(),
        influencers=influencers,
        influencers_count=profile.influencers.count,
        influencees=influencees,
        influencees_count=profile.influencees.count,
    )


def _name_by_handles(people: InfluencerList, handles: Mapping[_Account, str]) -> tuple[Influencer, ...]:
    return tuple(
        replace(person, name=f"{account[0]}:{handles.get(account, account[1])}") if person.key >= 0 else person
        for person in people.people
        for account in [_split_name(person.name)]
    )


def _split_name(name: str) -> _Account:
    """Split ``network:id``, the name of an account that nobody claimed."""
    network, _, account_id = name.partition(":")
    return network, account_id
