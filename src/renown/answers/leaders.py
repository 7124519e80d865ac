"""Leaders: who scored highest on a day."""

from dataclasses import dataclass

from renown.answers.evidence import constants_of
from renown.answers.who import names
from renown.engines import Engine
from renown.lake import Lake
from renown.store import Published


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
