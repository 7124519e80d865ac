"""The records of the last runs: files in the home, for monitoring."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from renown.fsync import write_durably
from renown.runs.daily import DailyRun

_FILE = "last-run.json"
_ALL_FILE = "runs.jsonl"
MAX_RUNS = 400
"""Runs whose records are kept: a year of daily ones."""


def save_last_run(home: Path, run: DailyRun) -> None:
    """Save when a run was, what it published and how much it read; nobody is named, so that erasure need not look."""
    networks = [
        {"network": row.network, "accounts": row.accounts, "failed": row.failed, "new": row.new} for row in run.networks
    ]
    days = [{"day": row.day, "people": row.people, "final": row.final} for row in run.days]
    record = {"began_at": run.began_at, "ended_at": run.ended_at, "networks": networks, "days": days}
    write_durably(home / _FILE, json.dumps(record, indent=2) + "\n")
    latest = [*_read_lines(home), json.dumps(record)][-MAX_RUNS:]
    write_durably(home / _ALL_FILE, "\n".join(latest) + "\n")


def load_last_run(home: Path) -> Mapping[str, Any] | None:
    """Load the result of the last run, as its JSON; None if there is none that can be read."""
    try:
        record: Mapping[str, Any] = json.loads((home / _FILE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return record


def load_runs(home: Path) -> list[Mapping[str, Any]]:
    """Load the records of the last runs, latest first; empty if they cannot be read."""
    try:
        return [json.loads(line) for line in reversed(_read_lines(home))]
    except ValueError:
        return []


def _read_lines(home: Path) -> list[str]:
    try:
        return (home / _ALL_FILE).read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        return []
