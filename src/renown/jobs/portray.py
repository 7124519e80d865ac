"""Portray: what pages tell of claimed people on a published day, made once and kept ready."""

from collections.abc import Callable, Iterable, Iterator
from collections.abc import Set as AbstractSet

from renown import answers
from renown.answers import Portrait, Who
from renown.engines.duckdb import DuckDB
from renown.jobs.progress import Progress, Silent
from renown.lake import Lake
from renown.spelling import plural
from renown.store import Name, People, Person, Portraits, Published, PublishedDay
from renown.store.portraits import folded

AT_ONCE = 500
"""People portrayed from one reading of the lake: their actors and acts are in memory together."""


def portray(
    engine: Callable[[], DuckDB],
    lake: Lake,
    people: People,
    kept: Portraits,
    day: PublishedDay,
    *,
    progress: Progress | None = None,
) -> int:
    """
    Portray everybody who claimed an account and was scored, in place of all portraits before.

    Parameters
    ----------
    engine : callable
        Opens a session.
    lake, people
        What is read.
    kept : Portraits
        Where portraits are kept.
    day : PublishedDay
        Of which day.
    progress : Progress, optional

    Returns
    -------
    int
        People portrayed.
    """
    tell, everybody = progress or Silent(), people.consenting()
    tell.start(f"portraying people on {day.day}", len(everybody))
    with Published(day) as published:
        found = [
            portrait
            for start in range(0, len(everybody), AT_ONCE)
            for portrait in _some(engine, lake, everybody, everybody[start : start + AT_ONCE], published, tell)
        ]
    with engine() as session:
        handles = answers.handles(session, lake, [account for person in everybody for account in person.accounts])
    kept.put(day.day, ((portrait.key, answers.packed(portrait)) for portrait in found), _names(everybody, handles))
    if found:
        tell.done(f"{day.day}: {plural(len(found), 'person', 'people')} portrayed")
    return len(found)


def unname(kept: Portraits, keys: AbstractSet[int]) -> int:
    """Take the names of some people and accounts out of everybody's portraits; return how many portraits had them."""
    changed = 0
    for key, _, body in kept.all():
        before = answers.unpacked(body)
        after = before.without(keys)
        if after != before:
            kept.replace(key, answers.packed(after))
            changed += 1
    return changed


def _some(
    engine: Callable[[], DuckDB],
    lake: Lake,
    everybody: list[Person],
    some: list[Person],
    published: Published,
    tell: Progress,
) -> list[Portrait]:
    with engine() as session:
        whom: list[Who] = []
        for person in some:
            tell.advance(person.name)
            whom.append(answers.claimed(person, session, lake))
        return answers.portraits(whom, everybody, published, session, lake)


def _names(people: Iterable[Person], handles: dict[tuple[str, str], str]) -> Iterator[Name]:
    for person in people:
        for network, account_id in person.accounts:
            for name in {account_id, handles.get((network, account_id), account_id)}:
                yield Name(network, folded(name), person.key, account_id, name)
