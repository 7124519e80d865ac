"""Print what runs did: accounts and pages read, days published, alerts, deliveries."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from datetime import date, timedelta
from typing import TYPE_CHECKING

from renown.cli.output import console, escape_text, format_instant, new_table
from renown.cli.output.status import print_future_days, print_late_acts
from renown.text import plural

if TYPE_CHECKING:
    from renown.answers import ScoreAlert
    from renown.ingest.account_fetcher import FetchSummary
    from renown.runs.daily import DailyRun
    from renown.runs.notifications import DeliveryRecord
    from renown.runs.webmentions import WebmentionSummary

MAX_ALERTS = 20
"""Alerts that a run prints: in a large community, hundreds of scores move by a point."""


def print_fetch_summaries(answers: Sequence[FetchSummary]) -> None:
    """Print what was fetched of each account."""
    table = new_table("", "account", "requests>", "new records>", "undone>", "result")
    for summary in answers:
        name = escape_text(f"{summary.network}:{summary.name}")
        table.add_row(
            name,
            f"{summary.requests:,}",
            f"{summary.new:,}",
            f"{summary.undone:,}",
            escape_text(summary.message) or "complete",
        )
    console.print(table)


def print_webmentions(answers: Sequence[WebmentionSummary]) -> None:
    """Print how many webmentions were verified."""
    for answer in answers:
        console.print(
            f"{plural(answer.verified, 'webmention')} verified, {answer.rejected:,} rejected or withdrawn, "
            f"{answer.postponed:,} to be tried again",
            soft_wrap=True,
        )


def print_run(answer: DailyRun) -> None:
    """Print a line per network, and per day that is not final; progress already showed the final days."""
    for row in answer.networks:
        read_text = f"{row.complete:,} of {plural(row.accounts, 'account')} read, {row.failed:,} failed"
        message = f"; {escape_text(row.message)}" if row.message else ""
        console.print(f"{row.network}: {read_text}, last seen {format_instant(row.seen_at)}{message}", soft_wrap=True)
    if answer.gaps and answer.days:
        # The run begins after the gap.
        first_missing = date.fromisoformat(answer.days[0].day) - timedelta(days=answer.gaps)
        console.print(
            f"not published, too long ago: {plural(answer.gaps, 'missing day')}; `renown run --from {first_missing}` "
            "publishes them",
            soft_wrap=True,
        )
    for day in answer.days:
        if day.message or not day.final:
            note = escape_text(day.message) or "published but not final; a later run scores it again"
            console.print(f"{day.day}: {note}", soft_wrap=True)
    if not answer.days and not answer.recomputed:
        console.print("nothing to do: every finished day is published")
    if answer.deleted:
        console.print(f"{plural(answer.deleted, 'row')} of outdated acts deleted, as retention.acts says")
    if answer.not_deleted:
        console.print(answer.not_deleted, soft_wrap=True)
    print_late_acts(answer.late_acts)
    print_future_days(answer.future)
    _print_largest_alerts(answer.alerts)


def _print_largest_alerts(alerts: Sequence[ScoreAlert]) -> None:
    """Print the alerts with the largest moves, in order, and the command that prints the others."""
    largest = sorted(alerts, key=lambda alert: -abs(alert.move))[:MAX_ALERTS]
    print_alerts([alert for alert in alerts if alert in largest])
    if len(alerts) > MAX_ALERTS:
        console.print(
            f"{len(alerts) - MAX_ALERTS:,} more moved by a point or more; `renown alerts --since "
            f"{alerts[0].first_day} --day {alerts[0].last_day}` lists all",
            soft_wrap=True,
        )


def print_alerts(alerts: Sequence[ScoreAlert]) -> None:
    """Print whose score moved, and the command that says why."""
    for alert in alerts:
        last_score = "no score" if alert.last is None else f"{alert.last:.2f}"
        name = shlex.quote(alert.name)
        console.print(
            f"{escape_text(alert.name)}: {alert.first:.2f} on {alert.first_day}, {last_score} on {alert.last_day} "
            f"({alert.move:+z.2f}); `renown changes {escape_text(name)} --since {alert.first_day} "
            f"--day {alert.last_day}` says why",
            soft_wrap=True,
        )


def print_deliveries(rows: Sequence[DeliveryRecord]) -> None:
    """Print notifications with their state."""
    table = new_table("", "queued", "by", "to", "message", "attempts>", "state")
    for row in rows:
        state = f"sent {format_instant(row.sent_at)}" if row.sent_at else "given up" if row.gave_up_at else "waiting"
        state += f": {escape_text(row.error)}" if row.error else ""
        cells = (format_instant(row.created_at), row.channel, escape_text(row.address), escape_text(row.title))
        table.add_row(*cells, str(row.attempts), state)
    console.print(table if rows else "no notifications")
