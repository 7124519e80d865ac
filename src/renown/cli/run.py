"""Daily operation: run once or on a schedule, and show the status."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from renown.cli import output
from renown.cli.home import open_home
from renown.cli.options import JsonLinesOption, JsonOption, parse_optional_day
from renown.cli.output import console, notify
from renown.cli.output import runs as output_runs
from renown.cli.output import status as output_status
from renown.cli.progress import ProgressBar
from renown.errors import InvalidInputError

if TYPE_CHECKING:
    from renown import runs
    from renown.home import Home

NICE = 19
"""Niceness of scheduled runs (`os.nice`), so that they give way to web requests."""


def run(
    context: typer.Context,
    every: Annotated[str | None, typer.Option(help="hour or day: repeat on this schedule until interrupted.")] = None,
    from_: Annotated[
        str | None,
        typer.Option(
            "--from", help="First UTC day to publish; published days are scored again. Default: the first missing."
        ),
    ] = None,
    today: Annotated[bool, typer.Option("--today", help="Publish today as well, although it is not over.")] = False,
    trust_clock: Annotated[
        bool,
        typer.Option(
            "--trust-clock", help="Delete what retention.acts says although the last run was more than 30 days ago."
        ),
    ] = False,
    json: JsonOption = False,
) -> None:
    """
    Collect what is new about everybody, then publish the scores of each finished day that is missing.

    Run it once a day, or let it run on a schedule. The exit code is 1 if no network could be read.

    Example: `renown run --every day`
    """
    from renown import runs

    home = open_home(context)
    if every is None:
        result = _run_once(home, from_, today=today, json=json, trust_clock=trust_clock)
        if result.networks and not any(network.complete for network in result.networks):
            raise typer.Exit(1)
        return
    single_run_option = "--from" if from_ else "--trust-clock" if trust_clock else ""
    if every not in runs.INTERVALS or single_run_option:
        raise InvalidInputError(
            f"--every is {every!r}{single_run_option and f' with {single_run_option}'}; write --every hour or --every "
            "day, without --from and --trust-clock"
        )
    runs.check_retention(home.settings.retention, home.method)  # now, not in the first night
    os.nice(NICE)
    run_on_schedule(home, lambda: _run_once(home, None, today=today, json=json), every=every, stop=threading.Event())


def status(context: typer.Context, json: JsonOption = False) -> None:
    """
    Print when each account was last read, what went wrong, and which days are published.

    Of more than 50 accounts, those that could not be read come first; --json has all.
    """
    from renown import answers, scoring
    from renown.connectors import CONNECTORS

    home = open_home(context)
    accounts = [account for person in home.people.all() for account in person.accounts]
    with home.reader() as engine:
        handles = scoring.load_handles(engine, home.lake, accounts)
        coverage = scoring.load_account_coverage(engine, home.lake, accounts)
        missing = scoring.find_missing_accounts(accounts, engine, home.lake)
    window, published_days = int(home.method["window_days"]), home.days.all()
    answer = answers.compute_status(
        home.people,
        home.sync_states,
        published_days,
        readable=CONNECTORS,
        handles=handles,
        now=_now(),
        window=window,
        coverage=coverage,
        late_acts=answers.count_late_acts(home.lake, published_days, window=window, method=home.method.version),
        missing=missing,
    )
    (output.print_json if json else output_status.print_status)(answer)


def run_on_schedule(home: Home, task: Callable[[], object], *, every: str, stop: runs.StopSignal) -> None:
    """Run every hour or day until stopped; the first time at once if a day is missing."""
    from renown import runs

    runs.run_on_schedule(
        task,
        interval=runs.INTERVALS[every],
        offset=home.settings.run.offset,
        is_due=lambda: _has_missing_days(home),
        clock=_now,
        stop=stop,
        seed=time.time_ns(),
        notify=notify,
    )


def _run_once(home: Home, from_: str | None, *, today: bool, json: bool, trust_clock: bool = False) -> runs.DailyRun:
    from renown import runs

    for request in runs.process_requests(home.reader, home.personal_data, home.settings.home, now=_now):
        if request.message:
            notify(f"a privacy request ({request.kind}) is still waiting: {request.message}")
    with ProgressBar() as bar:
        result = runs.run(
            home.run_resources,
            now=_now,
            first=parse_optional_day(from_),
            last=_now().date() if today else None,
            trust_clock=trust_clock,
            notify=notify,
            progress=None if json else bar,
        )
    runs.save_last_run(home.settings.home, result)
    (output.print_json if json else output_runs.print_run)(result)
    _deliver(home)
    return result


def send_notifications(context: typer.Context) -> None:
    """
    Queue what happened to subscribers on the latest day, and send what is due: mails and webhooks.

    `renown run` and `renown serve` do this, too; each message is sent once.

    Example: `renown notify`
    """
    queued, sent, failed = _deliver(open_home(context))
    console.print(f"{queued:,} new, {sent:,} sent" + (f", {failed:,} failed" if failed else ""))


def list_deliveries(
    context: typer.Context,
    failed: Annotated[bool, typer.Option("--failed", help="Only those that were given up.")] = False,
    json: JsonLinesOption = False,
) -> None:
    """
    List the notifications, newest first, with the error of those that were not accepted.

    The setting retention.deliveries says how many days they are kept.

    Example: `renown deliveries --failed`
    """
    from renown.runs.notifications import list_delivery_records

    rows = list_delivery_records(open_home(context).deliveries, failed_only=failed)
    (output.print_json_lines if json else output_runs.print_deliveries)(rows)


def _deliver(home: Home) -> tuple[int, int, int]:
    """Queue and send notifications; return how many are new, were sent, and failed."""
    from renown.runs.notifications import deliver_due, queue_notifications

    resources = home.notification_resources
    queued = queue_notifications(resources, at=_now())
    counts = deliver_due(resources, now=_now, notify=notify)
    return queued, counts.sent, counts.failed


def _has_missing_days(home: Home) -> bool:
    from renown import answers

    today, window = _now().date(), int(home.method["window_days"])
    return bool(answers.find_due_days(home.days.all(), today=today, last=today - timedelta(days=1), window=window).days)


def _now() -> datetime:
    return datetime.now(UTC)
