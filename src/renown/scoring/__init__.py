"""Scoring: run the method's steps for a day and read its inputs."""

from renown.scoring.accounts import (
    Subject,
    find_account,
    fold_account,
    load_account_coverage,
    load_account_ids,
    load_handles,
    load_subject,
    load_subjects,
    resolve_subject,
)
from renown.scoring.public_counts import PublicCounts, score_public_counts
from renown.scoring.score import score
from renown.scoring.suggestions import find_missing_accounts, suggest_account

__all__ = [
    "PublicCounts",
    "Subject",
    "find_account",
    "find_missing_accounts",
    "fold_account",
    "load_account_coverage",
    "load_account_ids",
    "load_handles",
    "load_subject",
    "load_subjects",
    "resolve_subject",
    "score",
    "score_public_counts",
    "suggest_account",
]
