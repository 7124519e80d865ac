"""Runs: the scheduled pipeline from collecting to publishing."""

from renown.runs.claimed_accounts import fetch_accounts, fetch_new_accounts, list_readable_accounts
from renown.runs.collect import collect, find_people
from renown.runs.daily import (
    RUN_LOCK,
    DailyRun,
    run,
)
from renown.runs.first_scores import FirstScoreResult, process_first_scores
from renown.runs.import_files import FileImport, ImportOptions, import_files
from renown.runs.last_run import load_last_run, load_runs, save_last_run
from renown.runs.linked_accounts import LinkedAccount, find_linked_accounts
from renown.runs.past import PastResources, recompute_missing_days, recompute_range
from renown.runs.privacy_requests import RequestResult, process_requests
from renown.runs.processes import SupervisedProcess, file_lock, run_in_background
from renown.runs.resources import RunResources
from renown.runs.retention import check_retention
from renown.runs.schedule import INTERVALS, StopSignal, next_publication, run_on_schedule
from renown.runs.score_days import ScoredDays, score_days
from renown.runs.verify import NetworkLookup, person_page_url, verify_claims
from renown.runs.webmentions import WebmentionSummary, process_webmentions

__all__ = [
    "INTERVALS",
    "RUN_LOCK",
    "DailyRun",
    "FileImport",
    "FirstScoreResult",
    "ImportOptions",
    "LinkedAccount",
    "NetworkLookup",
    "PastResources",
    "RequestResult",
    "RunResources",
    "ScoredDays",
    "StopSignal",
    "SupervisedProcess",
    "WebmentionSummary",
    "check_retention",
    "collect",
    "fetch_accounts",
    "fetch_new_accounts",
    "file_lock",
    "find_linked_accounts",
    "find_people",
    "import_files",
    "list_readable_accounts",
    "load_last_run",
    "load_runs",
    "next_publication",
    "person_page_url",
    "process_first_scores",
    "process_requests",
    "process_webmentions",
    "recompute_missing_days",
    "recompute_range",
    "run",
    "run_in_background",
    "run_on_schedule",
    "save_last_run",
    "score_days",
    "verify_claims",
]
