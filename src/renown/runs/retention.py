"""Delete data that the settings keep for some days only, unless the clock seems to be wrong."""

import json
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, time, timedelta
from pathlib import Path

from renown.errors import InvalidSettingsError, LakeLockedError
from renown.fsync import write_durably
from renown.method.file import Method
from renown.progress import ignore_message
from renown.records import ACT_TABLES, day_from_number, day_number
from renown.runs.resources import RunResources
from renown.scoring.claimed_rows import delete_claimed_rows
from renown.scoring.ledger import Ledger, list_ledgers
from renown.settings import RetentionSettings

_LEDGER_TABLES = ("entries", "flows")
"""Tables of the ledger about the acts of one day; standings hold until the next one."""
MAX_PAUSE = timedelta(days=30)
"""Longest plausible time between runs."""
_STATE_FILE = "retention.json"
"""File in the home with the latest time that was plausible."""


def minimum_days(method: Method) -> int:
    """
    Return the days of acts that a home needs at least.

    A score is computed from one window. The past of somebody who was first scored up to a window ago is computed for a
    window before that, each day from a window of its own, and from who acted back before.
    """
    friend_days = method.constants.get("friend_days")
    return 3 * int(method["window_days"]) + (int(friend_days.value) if friend_days else 0)


def check_retention(retention: RetentionSettings, method: Method) -> None:
    """
    Check that data is kept as long as the method needs it.

    Raises
    ------
    InvalidSettingsError
    """
    if 0 < retention.acts < (minimum := minimum_days(method)):
        raise InvalidSettingsError(
            f"retention.acts is {retention.acts}; method {method.version} computes scores and the past of new people "
            f"from {minimum} days: write {minimum} or more, or 0 to delete nothing"
        )


def find_clock_doubt(resources: RunResources, *, now: datetime) -> str:
    """
    Return why the clock may be ahead, in which case nothing may be deleted by its age; empty if it is plausible.

    It is compared with the last run that was not refused, before the first one with the newest act. The time is
    stored: a second run by a wrong clock must believe neither the first one, nor what that collected with this time.
    """
    if not resources.retention.acts:
        return ""
    known_at = _load_known_time(resources.folder)
    if known_at is None:
        known_at = _find_newest_act(resources) or now
        _save_known_time(resources.folder, known_at)
    if now - known_at <= MAX_PAUSE:
        return ""
    return (
        f"acts older than {resources.retention.acts} days were not deleted: the clock of this machine says "
        f"{now.date()}, {(now - known_at).days:,} days after the last run or act before, of {known_at.date()}; set the "
        "clock, or if it is right, run `renown run --trust-clock` once"
    )


def delete_outdated(resources: RunResources, *, now: datetime, notify: Callable[[str], None] = ignore_message) -> int:
    """Delete acts and receipts that are older than the settings allow; return how many rows of acts."""
    deleted = delete_outdated_acts(resources, now=now, notify=notify)
    delete_outdated_receipts(resources, now=now)
    if resources.retention.acts:
        # A clock that is behind must not make the right time implausible.
        _save_known_time(resources.folder, max(now, _load_known_time(resources.folder) or now))
    return deleted


def _load_known_time(folder: Path) -> datetime | None:
    with suppress(OSError, ValueError, KeyError, TypeError):
        return datetime.fromisoformat(json.loads((folder / _STATE_FILE).read_text(encoding="utf-8"))["known_at"])
    return None


def _save_known_time(folder: Path, at: datetime) -> None:
    write_durably(folder / _STATE_FILE, json.dumps({"known_at": at.isoformat()}) + "\n")


def _find_newest_act(resources: RunResources) -> datetime | None:
    """Return the start of the day of the newest act or count in the lake; None if there is none."""
    days = [max(days) for table in ACT_TABLES for days in resources.lake.days(table).values()]
    return datetime.combine(day_from_number(max(days)), time(), UTC) if days else None


def remove_stale_files(resources: RunResources) -> None:
    """Remove the temporary files that killed processes left."""
    with resources.open_reader() as engine:
        engine.remove_stale_spills()


def delete_outdated_receipts(resources: RunResources, *, now: datetime) -> int:
    """
    Delete stored receipts of days that are older than the settings allow; return how many.

    A receipt names who acted in the window before its day, so it goes when the first of these acts does.
    """
    retention, window = resources.retention, int(resources.method["window_days"])
    ages = [retention.receipts, retention.acts and retention.acts - window + 1]
    kept_days = min(filter(None, ages), default=0)
    return resources.profiles.receipts.delete_before(now.date() - timedelta(days=kept_days)) if kept_days else 0


def delete_outdated_acts(
    resources: RunResources, *, now: datetime, notify: Callable[[str], None] = ignore_message
) -> int:
    """
    Delete acts and counts that are older than the settings allow, and what they were worth; return how many rows.

    Published scores stay; receipts of days whose window began before can name these acts no more. If another process
    writes to the lake, the next run deletes them.
    """
    if not resources.retention.acts:
        return 0
    before = day_number(now.date()) - resources.retention.acts
    rows = 0
    try:
        for tables, names in (
            (resources.lake, ACT_TABLES),
            *((ledger, _LEDGER_TABLES) for ledger in list_ledgers(resources.lake)),
        ):
            with tables.write_batch() as batch:
                rows += sum(tables.delete_days(name, before=before, batch=batch) for name in names)
                if isinstance(tables, Ledger):
                    delete_claimed_rows(tables, before=before)
    except LakeLockedError as error:
        notify(f"acts older than {resources.retention.acts} days are deleted by the next run: {error}")
    return rows
