"""Check published days and the served scores: every file that the database names is there and whole."""

import contextlib
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from functools import cache, partial
from pathlib import Path

import duckdb
import sqlalchemy as sa

from renown.checks.finding import Finding
from renown.engines.parquet import describe_content_damage, describe_damage
from renown.engines.session import SessionLimits, duckdb_session
from renown.errors import DamagedHomeError, InvalidMethodError
from renown.method.file import parse_method
from renown.scoring.score import PUBLISHED_PREFIX
from renown.steps import quote_literal
from renown.store import PublishedDay, PublishedDayStore, PublishedTables, ServedScoreStore
from renown.store.published.day import remedy
from renown.store.published.tables import count_scored_people
from renown.store.schema import serving
from renown.store.serving.history import HISTORY_FILE, HUNDREDTHS_PER_POINT
from renown.store.serving.packed_blocks import PackedBlock
from renown.store.serving.publish import SLOTS_TABLE
from renown.store.serving.read_sqlite import snapshot_folder

_SAMPLE = 1_000
"""People whose served scores are compared with the published ones: the first ones, and the first claimed ones."""
_FIRST_TABLES = ("scores", "strengths", "points", "actors")
"""Tables of days that were published by a method whose steps are not in this version."""


def check_published_days(days: PublishedDayStore, root: Path, *, full: bool) -> Iterator[Finding]:
    """Yield damaged files of published days, and folders that no day names."""
    published_days = days.all()
    with duckdb_session(SessionLimits()) as connection:
        for day in published_days:
            yield from _check_day(day, connection, full=full)
    named_folders = {day.folder for day in published_days}
    for folder in sorted(root.glob("*/*/*")):
        if folder not in named_folders:
            yield Finding(
                part="published",
                path=str(folder),
                problem="belongs to no published day; an interrupted command left it",
                remedy="nothing; scoring that day again deletes it",
                damage=False,
            )


def check_served_scores(database: sa.Engine, days: Sequence[PublishedDay]) -> Iterator[Finding]:
    """Yield what is damaged in the served snapshot beside SQLite; PostgreSQL checks its pages itself."""
    if database.dialect.name != "sqlite":
        return
    with database.connect() as connection:
        snapshot_id = connection.scalar(sa.select(serving.c.copy))
    if snapshot_id is None:
        return
    file = snapshot_folder(database) / f"{snapshot_id}.sqlite"
    if problem := _describe_snapshot_damage(file):
        day = max((day.day for day in days if day.is_default), default="DAY")
        yield Finding(
            part="served",
            path=str(file),
            problem=problem,
            remedy=f"publish the scores again: `renown score --day {day}`",
            works="reading the files of published days (`renown top`, `renown explain`); pages and the API do not",
        )


def check_served_rows(scores: ServedScoreStore, days: PublishedDayStore) -> Iterator[Finding]:
    """Yield the day that is served if its first people have other scores, or another history, than it published."""
    served_day = scores.day()
    if served_day is None:
        return
    day = days.find(served_day)
    people = {score.key: score for score in (*scores.list_leaders(_SAMPLE), *scores.list_claimed(_SAMPLE))}
    with PublishedTables(day) as tables:
        published = tables.read_scores_by_key(list(people))
    wrong = [
        score.name
        for key, score in people.items()
        if published.get(key) != score.score
        or scores.read_history(key, 1)
        != [(served_day, round(score.score * HUNDREDTHS_PER_POINT) / HUNDREDTHS_PER_POINT)]
    ]
    if wrong:
        yield Finding(
            part="served",
            path=str(day.folder),
            problem=f"published other scores than are served: {len(wrong)} people, such as {wrong[0]}",
            remedy=f"publish the scores again: `renown score --day {served_day}`",
            works="pages, with scores that may be wrong",
        )


def _check_day(day: PublishedDay, connection: duckdb.DuckDBPyConnection, *, full: bool) -> Iterator[Finding]:
    finding = partial(
        Finding, part="published", remedy=remedy(day.folder), works="other days, and the served scores on pages"
    )
    if not day.folder.is_dir():
        yield finding(path=str(day.folder), problem="is missing")
        return
    describe = describe_content_damage if full else describe_damage
    for table in (*_list_tables(day.method_text), *((SLOTS_TABLE,) if day.is_default else ())):
        files = sorted((day.folder / table).glob("*.parquet"))
        if not files:
            yield finding(path=str(day.folder / table), problem="is missing or empty")
        for file in files:
            if damage := describe(file, connection):
                yield finding(path=str(file), problem=damage)
    if full:
        yield from _check_people(day, finding)
    history = day.folder / HISTORY_FILE
    if day.is_default and not history.exists():
        yield finding(path=str(history), problem="is missing")
    elif day.is_default and history.stat().st_size < _count_history_bytes(day.folder / SLOTS_TABLE, connection):
        yield finding(path=str(history), problem=f"ends too early, after {history.stat().st_size:,} bytes")


def _check_people(day: PublishedDay, finding: Callable[..., Finding]) -> Iterator[Finding]:
    """Yield whether a day has another number of people than it was published with."""
    with contextlib.suppress(DamagedHomeError):
        people = count_scored_people(day.folder, day.limits)
        if people != day.people:
            problem = f"has scores of {people:,} people, the database says {day.people:,}"
            yield finding(path=str(day.folder / "scores"), problem=problem)


def _count_history_bytes(slots: Path, connection: duckdb.DuckDBPyConnection) -> int:
    """Count the bytes that a day's history must have at least: two for each slot; 1 if the slots are damaged."""
    select = f"select max(slot) + 1 from read_parquet({quote_literal(slots / '*.parquet')}, hive_partitioning=false)"
    try:
        [(slot_count,)] = connection.execute(select).fetchall()
    except duckdb.Error:
        return 1
    return 2 * (slot_count or 0)


def _describe_snapshot_damage(file: Path) -> str:
    if not file.exists():
        return "is missing"
    try:
        with contextlib.closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as connection:
            [(problem,), *_] = connection.execute("pragma integrity_check(1)").fetchall()
            connection.execute("select * from listed limit 1").fetchall()
            for numbers, names in connection.execute("select numbers, names from blocks"):
                PackedBlock(numbers, names)
    except (sqlite3.DatabaseError, ValueError) as error:
        return f"is damaged: {error}"
    return "" if problem == "ok" else f"is damaged: {problem}"


@cache
def _list_tables(method_text: str) -> tuple[str, ...]:
    """List the tables that a method publishes; nearly all days have the same one."""
    try:
        method = parse_method(method_text, "of a day")
    except InvalidMethodError:
        return _FIRST_TABLES
    names = [step.name for step in method.steps if step.name.startswith(PUBLISHED_PREFIX)]
    return tuple(name.removeprefix(PUBLISHED_PREFIX) for name in names)
