"""What the run of an account of GitHub reads: since when, and whose acts."""

from datetime import datetime, timedelta

from renown.connectors.account_run import AccountRun
from renown.connectors.decode_values import parse_lenient_instant
from renown.connectors.github import api

_CLOCK_LAG = timedelta(hours=1)
"""How far the server's clock may be behind ours."""


def last_read_at(run: AccountRun) -> datetime:
    """Return the instant from which on issues and comments are new."""
    finished = parse_lenient_instant(run.known.cursor.partition(" ")[0])
    return max(run.known.since, finished - _CLOCK_LAG) if finished else run.known.since


def interrupted_cursor(run: AccountRun) -> str:
    """Return the cursor of a run that has not read everything; the counts tell how far it came."""
    return f"{last_read_at(run).isoformat()} interrupted"


def is_person(run: AccountRun, user: api.GithubUser | None) -> bool:
    """Tell whether somebody else acted, and no program; accounts that were deleted are None."""
    return user is not None and str(user.id) != run.account.account_id and user.type != "Bot"
