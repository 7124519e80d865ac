"""The record of the last run: a file in the home, for monitoring."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from renown.fsync import write_durably
from renown.runs.daily import DailyRun

_FILE = "last-run.json"


def save_last_run(home: Path, run: DailyRun) -> None:
    """Save when a run was, what it published and how much it read; nobody is named, so that erasure need not look."""
    networks = [
        {"network": row.network, "accounts": row.accounts, "failed": row.failed, "new": row.new} for row in run.networks
    ]
    days = [{"day": row.day, "people": row.people, "final": row.final} for row in run.days]
    record = {"began_at": run.began_at, "ended_at": run.ended_at, "networks": networks, "days": days}
    write_durably(home / _FILE, json.dumps(record, indent=2) + "\n")


def load_last_run(home: Path) -> Mapping[str, Any] | None:
    """Load the result of the last run, as its JSON; None if there is none that can be read."""
    try:
        record: Mapping[str, Any] = json.loads((home / _FILE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return record
