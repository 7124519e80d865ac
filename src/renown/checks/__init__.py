"""Checks: find every damaged or missing part of a home, and say what to do about it."""

from renown.checks.finding import Finding
from renown.checks.lake import check_lake, check_ledgers
from renown.checks.ledger_sample import check_entries
from renown.checks.locks import check_locks
from renown.checks.permissions import check_permissions, check_privacy
from renown.checks.published import check_published_days, check_served_rows, check_served_scores
from renown.checks.records import check_credentials, check_group_logs, check_statements
from renown.checks.store import check_database

__all__ = [
    "Finding",
    "check_credentials",
    "check_database",
    "check_entries",
    "check_group_logs",
    "check_lake",
    "check_ledgers",
    "check_locks",
    "check_permissions",
    "check_privacy",
    "check_published_days",
    "check_served_rows",
    "check_served_scores",
    "check_statements",
]
