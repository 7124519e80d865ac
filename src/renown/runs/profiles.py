"""Build and store the profiles that pages show of claimed people for a published day."""

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import date

from renown import answers, scoring
from renown.answers import PersonProfile
from renown.answers.explain.stored_receipt import serialize_receipt, store_receipt
from renown.engines.duckdb import DuckDB
from renown.errors import DepartureError
from renown.lake import Lake
from renown.progress import NullProgress, Progress
from renown.scoring.claimed_rows import save_claimed_rows
from renown.scoring.replay import load_published_method
from renown.store import AccountName, PeopleStore, Person, ProfileStore, PublishedDay, PublishedTables, ScoreRange
from renown.store.profiles import normalize_name
from renown.text import plural

CHUNK_SIZE = 500
"""People per read of the lake: their interactions and actors are in memory together."""
_MAX_CHUNK_REACTORS = 2_000_000
"""People who reacted to those of a chunk: reading the lake twice takes less time than memory that there is not."""
MAX_ATTEMPTS = 5
"""Attempts to build all profiles while people opt out."""


def build_profiles(
    engine: Callable[[], DuckDB],
    lake: Lake,
    people: PeopleStore,
    profiles: ProfileStore,
    day: PublishedDay,
    *,
    previous_day: PublishedDay | None = None,
    only: Collection[str] = (),
    progress: Progress | None = None,
) -> int:
    """
    Build the profile of everybody who consents and was scored; replace all stored profiles.

    Parameters
    ----------
    engine : callable
        Opens a session.
    lake : Lake
    people : PeopleStore
    profiles : ProfileStore
    day : PublishedDay
    previous_day : PublishedDay, optional
        The published day before: profiles have the causes of the change since.
    only : collection of str, optional
        Names of the only people to build a profile of; that of another person is built when their page is opened.
    progress : Progress, optional

    Returns
    -------
    int
        Number of profiles built.

    Raises
    ------
    DepartureError
        If somebody opts out during every attempt.
    """
    reporter = progress or NullProgress()
    for attempt in range(1, MAX_ATTEMPTS + 1):
        try:
            return _build_once(
                engine,
                lake=lake,
                people=people,
                profiles=profiles,
                day=day,
                previous_day=previous_day,
                only=only,
                reporter=reporter,
            )
        except DepartureError:
            if attempt == MAX_ATTEMPTS:
                raise
    raise AssertionError


def _build_once(
    engine: Callable[[], DuckDB],
    *,
    lake: Lake,
    people: PeopleStore,
    profiles: ProfileStore,
    day: PublishedDay,
    previous_day: PublishedDay | None,
    only: Collection[str],
    reporter: Progress,
) -> int:
    departures, consenting_people = profiles.count_departures(), people.all_consenting()
    subjects = [person for person in consenting_people if not only or person.name in only]
    reporter.start(f"building profiles for {day.day}", len(subjects))
    stored = _StoredProfiles()
    with ExitStack() as opened:
        tables = opened.enter_context(PublishedTables(day))
        previous_tables = opened.enter_context(PublishedTables(previous_day)) if previous_day else None
        for chunk in _divide(subjects, tables):
            chunk_profiles = _build_chunk(
                engine,
                lake=lake,
                consenting_people=consenting_people,
                chunk=chunk,
                tables=tables,
                previous_tables=previous_tables,
                reporter=reporter,
            )
            stored.add(chunk_profiles, tables)
    with engine() as session:
        handles = scoring.load_handles(
            session, lake, [account for person in consenting_people for account in person.accounts]
        )
    profiles.replace_all(
        day.day,
        stored.bodies,
        _search_names(consenting_people, handles),
        ranges=stored.ranges,
        receipt_bodies=stored.receipt_bodies,
        departures=departures,
    )
    _save_claimed_rows(engine, lake, consenting_people, day)
    if stored.bodies:
        reporter.finish(f"{day.day}: {plural(len(stored.bodies), 'profile')} built")
    return len(stored.bodies)


@dataclass
class _StoredProfiles:
    """What is stored of profiles: a tenth of their size, so that those of all people fit into memory."""

    bodies: list[tuple[int, bytes]] = field(default_factory=list)
    receipt_bodies: list[tuple[int, bytes]] = field(default_factory=list)
    ranges: list[ScoreRange] = field(default_factory=list)

    def add(self, profiles: Sequence[PersonProfile], tables: PublishedTables) -> None:
        """Serialize profiles of a day."""
        for profile in profiles:
            receipt = store_receipt(profile.explanation, profile.changes, tables.read_points(profile.key))
            self.bodies.append((profile.key, answers.serialize_profile(profile)))
            self.receipt_bodies.append((profile.key, serialize_receipt(receipt)))
        self.ranges += _list_ranges(tables.day.day, profiles)


def _divide(people: Sequence[Person], tables: PublishedTables) -> Iterator[list[Person]]:
    """Divide people into chunks of at most `CHUNK_SIZE`, to whom at most `_MAX_CHUNK_REACTORS` reacted if possible."""
    reactor_counts = tables.read_reactor_counts([person.key for person in people])
    chunk: list[Person] = []
    reactors = 0
    for person in people:
        count = reactor_counts.get(person.key, 0)
        if len(chunk) == CHUNK_SIZE or (chunk and reactors + count > _MAX_CHUNK_REACTORS):
            yield chunk
            chunk, reactors = [], 0
        chunk.append(person)
        reactors += count
    if chunk:
        yield chunk


def _build_chunk(
    engine: Callable[[], DuckDB],
    lake: Lake,
    consenting_people: list[Person],
    chunk: list[Person],
    tables: PublishedTables,
    previous_tables: PublishedTables | None,
    reporter: Progress,
) -> list[PersonProfile]:
    with engine() as session:
        subjects = scoring.load_subjects(chunk, session, lake)
        for person in chunk:
            reporter.advance(person.name)
        person_profiles = answers.compute_profiles(subjects, consenting_people, tables, session, lake)
    if previous_tables is None:
        return person_profiles
    scored_keys = {profile.key for profile in person_profiles}
    with engine() as session:
        scored_subjects = [subject for subject in subjects if subject.key in scored_keys]
        return answers.add_changes(
            person_profiles, scored_subjects, first=previous_tables, last=tables, engine=session, lake=lake
        )


def _save_claimed_rows(engine: Callable[[], DuckDB], lake: Lake, people: list[Person], day: PublishedDay) -> None:
    """Copy the rows of everybody's accounts into few files, from which scores of earlier days are explained."""
    with engine() as session, PublishedTables(day) as tables:
        method = load_published_method(tables)
        if method.has_ledger:
            subjects = scoring.load_subjects(people, session, lake)
            accounts = {account for subject in subjects for _, account in subject.accounts}
            save_claimed_rows(session, lake, method, day, accounts)


def _list_ranges(day: date, profiles: Iterable[PersonProfile]) -> Iterator[ScoreRange]:
    """Yield the confidence range of each score; there is none if nobody reacted."""
    for profile in profiles:
        score, range_ = profile.explanation.receipt.score, profile.known_range
        if range_.sample_size:
            yield ScoreRange(key=profile.key, day=day, score=score, low=range_.low, high=range_.high)


def _search_names(people: Iterable[Person], handles: dict[tuple[str, str], str]) -> Iterator[AccountName]:
    for person in people:
        for network, account_id in person.accounts:
            for name in {account_id, handles.get((network, account_id), account_id)}:
                yield AccountName(network, normalize_name(name), person.key, account_id, name)
