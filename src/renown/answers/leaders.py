"""Leaders: who scored highest on a day."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import islice

from renown.answers.boards import Place
from renown.answers.evidence import constants_of
from renown.answers.who import names
from renown.engines import Engine
from renown.lake import Lake
from renown.store import Published, ServedScore


@dataclass(frozen=True)
class Leader:
    """One place among the highest scores."""

    place: int
    who: str
    """The person's name; ``network:handle`` of an account that nobody claimed, its id where it has no handle."""
    score: float
    """1 to 100."""
    people: int
    """People reached, distinct on each account."""
    days: int
    """Days of the window that were observed."""
    networks: int


@dataclass(frozen=True)
class Leaders:
    """The highest scores of a day."""

    day: str
    """UTC day, as 2026-11-23."""
    method: str
    """Version of the method."""
    window: int
    """Days of the window."""
    leaders: tuple[Leader, ...]


def leaders(published: Published, engine: Engine, lake: Lake, *, n: int) -> Leaders:
    """Return the `n` highest scores, equal ones by name."""
    rows = published.leaders(n)
    unclaimed = [(row.name.partition(":")[0], row.person) for row in rows if row.person >= 0]
    called = names(engine, lake, unclaimed)
    found = (
        Leader(place, called.get(row.person, row.name), row.score, row.people, row.days, row.networks)
        for place, row in enumerate(rows, 1)
    )
    day = published.of
    return Leaders(day.day.isoformat(), day.method, int(constants_of(published)["window_days"]), tuple(found))


@dataclass(frozen=True)
class BoardPlace:
    """One place among those who may be shown, on a network or over all."""

    rank: int
    """1 for the highest; equal scores share a rank, and who is not shown leaves one behind."""
    who: str
    """The person's name; ``network:id`` of an account that nobody claimed."""
    score: float
    """1 to 100: what the person would score with this network alone; over all, the score."""
    overall: float
    """The score over all networks."""
    strength: float
    """Follower-equivalents there."""
    people: int
    """People reached there in the window, summed over the person's accounts."""
    accounts: int


@dataclass(frozen=True)
class BoardPage:
    """Some places of the served day, highest score first."""

    day: str
    """UTC day, as 2026-11-23."""
    network: str | None
    """None: over all networks."""
    leaders: tuple[BoardPlace, ...]
    next: str | None
    """Cursor of the next page: pass it as `after`; None on the last."""


def board_page(day: date, network: str | None, places: Iterable[tuple[Place, ServedScore]], *, limit: int) -> BoardPage:
    """Return the first places of those left, each with the score over all networks."""
    found = list(islice(places, limit + 1))
    last = found[limit - 1][0] if len(found) > limit else None
    rows = tuple(
        BoardPlace(place.rank, served.name, place.score, served.score, place.strength, place.people, place.accounts)
        for place, served in found[:limit]
    )
    return BoardPage(day.isoformat(), network, rows, f"{last.rank}:{last.key}" if last else None)


def overall_places(
    page: Callable[[tuple[int, int]], Sequence[ServedScore]], after: tuple[int, int]
) -> Iterator[tuple[Place, ServedScore]]:
    """Yield the places over all networks behind a (rank, key), page by page."""
    while found := page(after):
        for one in found:
            yield Place(one.rank, one.key, one.score, one.strength / 1e9, one.people, one.accounts), one
        after = found[-1].rank, found[-1].key
