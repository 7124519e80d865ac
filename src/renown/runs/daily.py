"""
The daily run: fetch all accounts, then score and publish every missing day.

New accounts are fetched by themselves, soon after they were claimed.
"""

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from renown.answers import (
    LateActs,
    ScoreAlert,
    count_late_acts,
    find_due_days,
    find_future_days,
    find_score_alerts,
)
from renown.errors import DamagedHomeError, DayNotPublishedError, InvalidMethodError
from renown.ingest.account_fetcher import FetchSummary
from renown.method.file import parse_method
from renown.progress import Progress, ignore_message
from renown.runs.claimed_accounts import fetch_all_accounts
from renown.runs.group_scores import list_required_methods, publish_group_scores
from renown.runs.past import recompute_missing_days
from renown.runs.processes import file_lock
from renown.runs.profiles import build_profiles
from renown.runs.resources import RunResources
from renown.runs.retention import check_retention, delete_outdated, find_clock_doubt, remove_stale_files
from renown.runs.webmentions import process_webmentions
from renown.scoring.inputs import has_data
from renown.scoring.score import score
from renown.store import (
    SyncStateStore,
)

RUN_LOCK = "run"
"""Lock file in the home of the process that runs."""

_NOBODY = (
    "nobody was added yet; add people with `renown add NAME --bluesky HANDLE`, or import files with `renown import`"
)
"""Why a day of a home without people and files is not published."""


@dataclass(frozen=True, kw_only=True)
class NetworkRun:
    """Result of fetching a network's accounts."""

    network: str
    accounts: int
    complete: int
    """Accounts of which everything new was read."""
    failed: int
    new: int
    """Records that the lake did not have: interactions, profiles and counts."""
    seen_at: str | None
    """Latest UTC time at which one of its accounts was read completely; None if none ever was."""
    message: str
    """The first error; empty if there was none."""


@dataclass(frozen=True)
class DayRun:
    """Result of scoring a day."""

    day: str
    """UTC day, as 2026-11-23."""
    people: int
    """Number of people scored."""
    final: bool
    """Whether the day was over; if not, the scores are provisional."""
    message: str
    """Why nothing was published; empty if the day was."""


@dataclass(frozen=True, kw_only=True)
class DailyRun:
    """Result of a daily run."""

    began_at: str
    """UTC time."""
    ended_at: str
    networks: tuple[NetworkRun, ...]
    days: tuple[DayRun, ...]
    """Oldest first."""
    gaps: int
    """Number of missing days before the window, which are not caught up."""
    recomputed: int = 0
    """Number of people whose days before their first published score were recomputed."""
    late_acts: LateActs | None = None
    """Acts that came after the days were scored that should count them; None if there are none."""
    deleted: int = 0
    """Rows of acts that were older than the settings keep them."""
    not_deleted: str = ""
    """Why such rows were kept: the clock seems to be wrong; empty if they were not."""
    alerts: tuple[ScoreAlert, ...] = ()
    """People whose score moved much over the final days of the run."""
    future: tuple[str, ...] = ()
    """Days that were published later than now: the clock was ahead then, or is behind now."""


def run(
    resources: RunResources,
    *,
    now: Callable[[], datetime],
    first: date | None = None,
    last: date | None = None,
    trust_clock: bool = False,
    notify: Callable[[str], None] = ignore_message,
    progress: Progress | None = None,
) -> DailyRun:
    """
    Fetch every claimed account, publish each missing day, in order, and recompute the past of new people.

    A failing network or account stops neither the others nor scoring. If the process is killed, the next run
    continues: pages and days are stored atomically.

    Parameters
    ----------
    resources : RunResources
    now : callable
        Returns the current UTC time.
    first : date, optional
        First day to score, even if it is published; by default the first missing day.
    last : date, optional
        Last day to publish; by default yesterday, the last day that is over.
    trust_clock : bool
        Whether to delete what is older than the settings allow even if the clock seems to be far ahead.
    notify : callable, optional
        Called with one line for each wait for a network.
    progress : Progress, optional

    Raises
    ------
    RunInProgressError
        If another run is in progress in this home.
    InvalidSettingsError
        If acts would be deleted that the method needs.
    RenownError
        If a day cannot be scored; the days before it are published.
    """
    check_retention(resources.retention, resources.method)
    started_at = now()
    last_day = last or started_at.date() - timedelta(days=1)
    with file_lock(resources.folder / RUN_LOCK, at=started_at):
        clock_doubt = "" if trust_clock else find_clock_doubt(resources, now=started_at)
        remove_stale_files(resources)
        summaries = fetch_all_accounts(resources, now, notify, progress)
        process_webmentions(resources, now=now, notify=notify, progress=progress)
        window = int(resources.method["window_days"])
        due_days = find_due_days(
            resources.days.all(), today=started_at.date(), last=last_day, window=window, first=first
        )
        # Interactions during the fetch are incomplete, so the day is scored as of the start of the run.
        day_runs = tuple(_score_and_publish(resources, day, started_at, progress) for day in due_days.days)
        recomputed = recompute_missing_days(resources, now=started_at, progress=progress)
        network_runs = _summarize_networks(resources.sync_states, summaries)
        if any(not day.message for day in day_runs) or _is_missing_profiles(resources):
            _build_served_profiles(resources, progress)
        deleted = 0 if clock_doubt else delete_outdated(resources, now=started_at, notify=notify)
        late_acts = count_late_acts(
            resources.lake, resources.days.all(), window=window, method=resources.method.version
        )
    return DailyRun(
        began_at=_format_instant(started_at),
        ended_at=_format_instant(now()),
        networks=network_runs,
        days=day_runs,
        gaps=due_days.gaps,
        recomputed=recomputed,
        late_acts=late_acts,
        deleted=deleted,
        not_deleted=clock_doubt,
        alerts=_find_alerts(resources, day_runs),
        future=find_future_days(resources.days.all(), now()),
    )


def _build_served_profiles(resources: RunResources, progress: Progress | None) -> None:
    served_day = resources.days.find()
    build_profiles(
        resources.open_reader,
        resources.lake,
        resources.people,
        resources.profiles,
        served_day,
        previous_day=resources.days.find_previous(served_day),
        progress=progress,
    )


def _find_alerts(resources: RunResources, day_runs: Sequence[DayRun]) -> tuple[ScoreAlert, ...]:
    """Compare the last final day of the run with the published day before its first one."""
    days = [date.fromisoformat(day_run.day) for day_run in day_runs if day_run.final]
    if not days:
        return ()
    # No earlier day is published, or its files are damaged: what the run published stands without a comparison.
    with suppress(DayNotPublishedError, DamagedHomeError):
        first = resources.days.find_before(resources.days.find(days[0]))
        return find_score_alerts(resources.people.all_consenting(), first, resources.days.find(days[-1]))
    return ()


def _score_and_publish(resources: RunResources, day: date, at: datetime, progress: Progress | None) -> DayRun:
    try:
        with resources.open_engine() as engine:
            published_day = score(
                engine,
                resources.lake,
                resources.days,
                resources.people,
                resources.method,
                day=day,
                now=at,
                progress=progress,
            )
    except DayNotPublishedError as error:
        is_empty = not has_data(resources.lake) and not resources.people.all()
        return DayRun(day.isoformat(), 0, final=False, message=_NOBODY if is_empty else str(error))
    _publish_group_scores(resources, day, at, progress)
    return DayRun(day.isoformat(), published_day.people, published_day.is_final, "")


def _publish_group_scores(resources: RunResources, day: date, at: datetime, progress: Progress | None) -> None:
    """Log a day's scores in every group; also score the day with the fixed method versions of challenges."""
    for version in sorted(list_required_methods(resources.groups, day) - {resources.method.version}):
        # If the steps changed since, or all days of this version were taken back, it cannot run any more: the
        # challenge's log gets no entry for the day.
        with suppress(InvalidMethodError, DayNotPublishedError), resources.open_engine() as engine:
            score(
                engine,
                resources.lake,
                resources.days,
                resources.people,
                parse_method(resources.days.find(method=version).method_text, version),
                day=day,
                now=at,
                progress=progress,
            )
    publish_group_scores(resources.days, resources.groups, day, now=at)


def _is_missing_profiles(resources: RunResources) -> bool:
    """Tell whether a run was killed after it published the served day, before it built the profiles."""
    served_day = resources.served_scores.day()
    return served_day is not None and resources.profiles.day() != served_day


def _summarize_networks(sync_states: SyncStateStore, summaries: Sequence[FetchSummary]) -> tuple[NetworkRun, ...]:
    network_runs, states = [], sync_states.all()
    for network in sorted({summary.network for summary in summaries}):
        network_summaries = [summary for summary in summaries if summary.network == network]
        seen_times = [state.seen_at for state in states if state.network == network and state.seen_at]
        messages = [summary.message for summary in network_summaries if summary.message]
        complete_count = sum(summary.complete for summary in network_summaries)
        network_runs.append(
            NetworkRun(
                network=network,
                accounts=len(network_summaries),
                complete=complete_count,
                failed=len(network_summaries) - complete_count,
                new=sum(summary.new for summary in network_summaries),
                seen_at=_format_instant(max(seen_times)) if seen_times else None,
                message=next(iter(messages), ""),
            )
        )
    return tuple(network_runs)


def _format_instant(at: datetime) -> str:
    return at.isoformat(timespec="seconds")
