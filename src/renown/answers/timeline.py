"""Timeline: past scores with what a reader must know beside them: another method, days of which nothing was seen."""

from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import date
from itertools import pairwise

from renown.answers.history import History, history
from renown.inputs import seen_days
from renown.lake import Lake
from renown.records import day_number, day_of
from renown.store import Days, Served


@dataclass(frozen=True)
class Switch:
    """A day from which on scores are by another method than on the published day before."""

    day: str
    """UTC day, as 2026-11-23."""
    before: str
    """Version of the method until then."""
    method: str
    """Version of the method from then on."""


@dataclass(frozen=True)
class Unseen:
    """Days in a row of which the lake holds nothing of a network."""

    network: str
    first_day: str
    last_day: str
    days: int


@dataclass(frozen=True)
class Timeline(History):
    """A history with its marks."""

    switches: tuple[Switch, ...]
    """Oldest first."""
    unseen: tuple[Unseen, ...]
    """Of the networks on which the person has accounts, by network, oldest first."""


def timeline(
    served: Served, published: Days, lake: Lake, key: int, *, networks: Iterable[str], days: int = 90
) -> Timeline:
    """
    Return somebody's history with the days on which the method changed or a network of theirs was not seen.

    A day of a network is seen where the lake holds anything of it, as in the coverage of receipts; what came in
    after a day was published fills its gap here, and not in the score of that day.

    Raises
    ------
    NotPublished
        If no day is served yet.
    UnknownWho
        If they had no score on any of these days.
    """
    past = history(served, key, days=days)
    first, last = date.fromisoformat(past.first_day), date.fromisoformat(past.last_day)
    seen = seen_days(lake, networks)
    return Timeline(
        past.first_day,
        past.last_day,
        past.days,
        tuple(_switches(published.methods(), first, last)),
        tuple(
            unseen
            for network in sorted(seen)
            for unseen in _unseen(network, seen[network], range(day_number(first), day_number(last) + 1))
        ),
    )


def _switches(methods: Mapping[date, str], first: date, last: date) -> Iterable[Switch]:
    for (_, before), (day, method) in pairwise(methods.items()):
        if before != method and first <= day <= last:
            yield Switch(day.isoformat(), before, method)


def _unseen(network: str, seen: AbstractSet[int], asked: Iterable[int]) -> Iterable[Unseen]:
    """Join the days asked for that were not seen into spans."""
    missing = set(asked) - seen
    begins = sorted(day_no for day_no in missing if day_no - 1 not in missing)
    ends = sorted(day_no for day_no in missing if day_no + 1 not in missing)
    for first, last in zip(begins, ends, strict=True):
        yield Unseen(network, day_of(first).isoformat(), day_of(last).isoformat(), last - first + 1)
