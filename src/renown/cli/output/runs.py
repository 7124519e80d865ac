"""
Print runs, status, standings and histories.

Print the settings and API keys of a home.
"""

from __future__ import annotations

import dataclasses
import json
import shlex
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from itertools import groupby
from typing import TYPE_CHECKING, Any

from renown.cli.output import console, escape_text, new_table
from renown.text import format_days, ordinal, plural

if TYPE_CHECKING:
    from renown.answers import ConfidenceRange, LateActs, ScoreAlert, Standing, Status, Timeline, TouchedDays
    from renown.answers.history import CoverageGap, PastDay
    from renown.answers.standing import Streak
    from renown.ingest.fetch import FetchSummary
    from renown.runs.application_events import WebhookRecord
    from renown.runs.daily import DailyRun
    from renown.runs.notifications import DeliveryRecord
    from renown.runs.webmentions import WebmentionSummary
    from renown.settings import Settings
    from renown.store import ApiKey


_MAX_GAPS = 3
"""Spans without data of a network that are listed."""
_MORE_IS_KNOWN = "more is known now than of that day"
"""Beside a change since a recomputed day."""


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
        console.print(f"{row.network}: {read_text}, last seen {_format_instant(row.seen_at)}{message}", soft_wrap=True)
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
    _print_late_acts(answer.late_acts)
    print_alerts(answer.alerts)


def print_alerts(alerts: Sequence[ScoreAlert]) -> None:
    """Print whose score moved, and the command that says why."""
    for alert in alerts:
        last_score = "no score" if alert.last is None else f"{alert.last:.2f}"
        name = shlex.quote(alert.name)
        console.print(
            f"{escape_text(alert.name)}: {alert.first:.2f} on {alert.first_day}, {last_score} on {alert.last_day} "
            f"({alert.move:+.2f}); `renown changes {escape_text(name)} --since {alert.first_day} "
            f"--day {alert.last_day}` says why",
            soft_wrap=True,
        )


def print_status(answer: Status) -> None:
    """Print when each account was last read, and which days are published."""
    table = new_table("", "account", "person", "last read", "last tried", "observed")
    for network in answer.networks:
        for row in network.accounts:
            name = escape_text(f"{network.network}:{row.account}")
            instants = (
                (_format_instant(row.seen_at), _format_instant(row.tried_at))
                if network.readable
                else ("from files" if row.has_data else "no data", "")
            )
            table.add_row(name, escape_text(row.name), *instants, ", ".join(row.observed))
    console.print(table if answer.networks else "nobody has claimed an account; `renown add` adds people")
    for network in answer.networks:
        for row in network.accounts:
            if row.message:
                console.print(f"{escape_text(f'{network.network}:{row.account}: {row.message}')}", soft_wrap=True)
    if answer.last_day is None:
        console.print("no day is published yet; `renown run` publishes today so far")
        return
    finality = "final" if answer.final else "not final"
    published = f"published {_format_instant(answer.published_at)}, {finality}"
    console.print(f"latest day: {answer.last_day} UTC, {published}", soft_wrap=True)
    next_days, gaps = (format_days(map(date.fromisoformat, days)) for days in (answer.missing, answer.gaps))
    console.print(f"the next run publishes {next_days or 'nothing until today is over'}", soft_wrap=True)
    if gaps or answer.too_old:
        earlier_days = f"{answer.too_old:,} earlier" if answer.too_old else ""
        missing_days = ", ".join(filter(None, (earlier_days, gaps)))
        first_missing = _find_first_missing(answer)
        console.print(
            f"missing days: {missing_days}; `renown run --from {first_missing}` publishes them", soft_wrap=True
        )
    _print_late_acts(answer.late_acts)


def _find_first_missing(answer: Status) -> date:
    """Return the earliest missing day; those too old are the ones right before the days that the next run publishes."""
    days = [date.fromisoformat(day) for day in answer.gaps]
    if answer.too_old:
        days.append(date.fromisoformat(answer.missing[0]) - timedelta(days=answer.too_old))
    return min(days)


def print_touched_days(touched: TouchedDays | None) -> None:
    """Print how many published days look back on records that have just been imported, and how to restate them."""
    if touched:
        console.print(
            f"{plural(touched.days, 'published day')} from {touched.first_day} on would count these records, but "
            f"published days do not change by themselves; {_format_remedy(touched)}",
            soft_wrap=True,
        )


def _print_late_acts(late_acts: LateActs | None) -> None:
    if late_acts:
        console.print(
            f"{plural(late_acts.acts, 'act')} came after {plural(late_acts.days, 'published day')} from "
            f"{late_acts.first_day} on had been scored; later days count them; {_format_remedy(late_acts)}",
            soft_wrap=True,
        )


def _format_remedy(touched: TouchedDays) -> str:
    return f"`renown score --from {touched.first_day} --to {touched.last_day}` scores them again"


def print_standing(answer: Standing) -> None:
    """Print a person's rank, score changes, and streaks at or above the goal."""
    from renown.answers.standing import CHANGE_SPANS

    table = new_table(f"{escape_text(answer.name)}, {answer.day} UTC", "", "", "")
    table.show_header = False
    table.add_row(
        "score",
        f"{answer.score:.2f}",
        _format_rank(answer),
    )
    if answer.peer_percentile is not None:
        followers = "similar followers" if answer.followers is None else f"about {plural(answer.followers, 'follower')}"
        table.add_row("similar people", f"{answer.peer_percentile:.1f}%", f"of people with {followers} score no higher")
    for name, days in CHANGE_SPANS.items():
        note = _MORE_IS_KNOWN if name in answer.recomputed else ""
        table.add_row(f"change in {plural(days, 'day')}", _format_change(getattr(answer, name)), note)
    table.add_row("highest", f"{answer.highest:.2f}", _format_record_day(answer, "highest", answer.highest_day))
    table.add_row("lowest", f"{answer.lowest:.2f}", _format_record_day(answer, "lowest", answer.lowest_day))
    table.add_row("average", f"{answer.average:.2f}", f"over {plural(answer.scored_days, 'published day')}")
    table.add_row(
        f"streak at {answer.goal:g} or more",
        plural(answer.current_streak.days, "day"),
        _format_streak(answer.current_streak),
    )
    table.add_row("longest streak", plural(answer.longest_streak.days, "day"), _format_streak(answer.longest_streak))
    goal_text = f"{answer.goal:g} or more on {plural(answer.in_a_row, 'day')} in a row"
    table.add_row(
        goal_text,
        "yes" if answer.has_met_goal else "no",
        f"since {answer.goal_met_since}" if answer.has_met_goal else "",
    )
    console.print(table)


def _format_record_day(answer: Standing, name: str, day: str) -> str:
    return f"{day}, computed later" if name in answer.recomputed else day


def _format_rank(answer: Standing) -> str:
    from renown.answers import format_top

    if answer.rank is None or answer.top_percent is None:
        return "not ranked: all figures come from the person's own archive"
    return f"{ordinal(answer.rank)} of {answer.scored_people:,}, {format_top(answer.top_percent)}"


def print_standing_line(answer: Standing, confidence: ConfidenceRange | None) -> None:
    """Print a person's rank and score changes in one line, and the confidence range of the score in another."""
    from renown.answers.standing import CHANGE_SPANS

    changes = ", ".join(
        f"{_format_change(change)} in a {name.removesuffix('_change')}"
        + f" ({_MORE_IS_KNOWN})" * (name in answer.recomputed)
        for name in CHANGE_SPANS
        if (change := getattr(answer, name)) is not None
    )
    console.print(f"{_format_rank(answer)}{changes and f'; {changes}'}")
    if confidence and confidence.sample_size:
        resamples = "90% of resamples of the people who reacted"
        console.print(f"confidence range: {confidence.low:.1f} to {confidence.high:.1f} ({resamples})", soft_wrap=True)


def print_silent_networks(gaps: Sequence[CoverageGap]) -> None:
    """Print which networks gave no data lately: reactions there are missing, or the network was not read."""
    for gap in gaps:
        console.print(
            f"no data from {escape_text(gap.network)} since {gap.first_day} ({plural(gap.days, 'day')}): nobody there "
            "did anything, or it was not read; `renown status` says when it was",
            style="yellow",
            soft_wrap=True,
        )


def print_history(answer: Timeline) -> None:
    """Print a person's score of each day, with notes."""
    from renown.answers import find_first_published_days

    first_published_days = find_first_published_days(answer.days)
    table = new_table("", "UTC day", "score>", "range", "change>", "note")
    switch_notes = {switch.day: f"by method {switch.method} from here on" for switch in answer.method_changes}
    previous_score: float | None = None
    for row in answer.days:
        notes = ["recomputed"] * row.recomputed + ["published from here on"] * (row.day in first_published_days)
        notes += [switch_notes[row.day]] if row.day in switch_notes else []
        change = "" if previous_score is None or row.score is None else f"{row.score - previous_score:+.2f}"
        bounds = f"{row.range.low:.2f} to {row.range.high:.2f}" if row.range else ""
        table.add_row(row.day, _format_past_score(row), bounds, change, escape_text("; ".join(notes)))
        previous_score = row.score if row.is_published or row.recomputed else previous_score
    console.print(table)
    if any(row.recomputed for row in answer.days):
        console.print(
            "recomputed: computed later, from what was collected until then; not published that day. The step to the "
            "first published day can come from that alone",
            soft_wrap=True,
        )
    for network, gaps in groupby(answer.coverage_gaps, key=lambda gap: gap.network):
        console.print(f"no data from {escape_text(network)} on {_format_gaps(list(gaps))}", soft_wrap=True)


def _format_gaps(gaps: Sequence[CoverageGap]) -> str:
    """Format the spans without data of a network; of many, their number and the last ones."""
    spans = [
        gap.first_day if gap.days == 1 else f"{gap.first_day} to {gap.last_day}, {plural(gap.days, 'day')}"
        for gap in gaps
    ]
    if len(spans) <= _MAX_GAPS:
        return "; ".join(spans)
    days = plural(sum(gap.days for gap in gaps), "day")
    return f"{days}, the last ones {'; '.join(spans[-_MAX_GAPS:])} (--json lists all)"


def _format_past_score(row: PastDay) -> str:
    if row.score is not None:
        return f"{row.score:.2f}"
    return "no score" if row.is_published else "not published"


def _format_streak(streak: Streak) -> str:
    return f"{streak.first_day} to {streak.last_day}" if streak.days else ""


def _format_change(change: float | None) -> str:
    return "-" if change is None else f"{change:+.2f}"


def _format_instant(instant: str | None) -> str:
    """Format an instant to the minute."""
    return instant[:16].replace("T", " ") + " UTC" if instant else "never"


def print_settings(settings: Settings) -> None:
    """Print settings; of secrets only whether they are set."""
    from renown.connectors.http.redact import redact_setting

    values = {
        f"{table.name}.{field.name}": _format_field(field, getattr(getattr(settings, table.name), field.name))
        for table in dataclasses.fields(settings)
        if table.name not in {"home", "networks"}
        for field in dataclasses.fields(getattr(settings, table.name))
    }
    shown = {
        "home": settings.home,
        "store.url": settings.store.redacted_url,
        "spark.master": redact_setting("spark.master", settings.spark.master),
        "spark.conf": {name: redact_setting(name, value) for name, value in settings.spark.conf.items()},
    }
    for name, value in ({"home": ""} | values | {name: _format_toml(value) for name, value in shown.items()}).items():
        console.print(f"{name} = {value}", soft_wrap=True, markup=False)
    for name, network in sorted(settings.networks.items()):
        token, visibility = "set" if network.token else "not set", "private" if network.private else "public"
        server = network.server or "(the account's own)"
        application = "set" if network.client_id else "not set"
        line = f"networks.{name}: server {server}, {visibility}, token {token}, application {application}"
        if network.max_dollars is not None:
            line += f", at most ${network.max_dollars:.2f} a month"
        console.print(line, markup=False)


def _format_field(field: dataclasses.Field[Any], value: Any) -> str:
    """Write the value of a setting as the file does; of a secret only whether it is set."""
    if not field.repr:
        return "set" if value else "not set"
    return _format_toml(value)


def _format_toml(value: Any) -> str:
    """
    Write a value in TOML; the file has an empty text for none.

    Examples
    --------
    >>> _format_toml(True), _format_toml(None), _format_toml((1, "a")), _format_toml({"a.b": 2.5})
    ('true', '""', '[1, "a"]', '{ "a.b" = 2.5 }')
    """
    if isinstance(value, bool | int | float):
        return json.dumps(value)
    if isinstance(value, tuple):
        return f"[{', '.join(map(_format_toml, value))}]"
    if isinstance(value, Mapping):
        pairs = [f"{json.dumps(name)} = {_format_toml(item)}" for name, item in value.items()]
        return f"{{ {', '.join(pairs)} }}" if pairs else "{}"
    return json.dumps("" if value is None else str(value), ensure_ascii=False)


def print_api_keys(api_keys: Sequence[ApiKey]) -> None:
    """Print the API keys."""
    table = new_table("", "name", "per second>", "per day>", "created", "last used")
    for key in api_keys:
        used_at = f"{key.used_at:%Y-%m-%d %H:%M}" if key.used_at else "never"
        limits = (f"{key.per_second:,}", f"{key.per_day:,}")
        table.add_row(escape_text(key.name), *limits, f"{key.created_at:%Y-%m-%d}", used_at)
    console.print(table)


def print_webhooks(rows: Sequence[WebhookRecord]) -> None:
    """Print the webhooks of applications."""
    table = new_table("", "key", "to", "events", "since")
    for row in rows:
        cells = (escape_text(row.key), escape_text(row.address), ", ".join(row.events))
        table.add_row(*cells, _format_instant(row.created_at))
    console.print(table if rows else "no webhooks")


def print_deliveries(rows: Sequence[DeliveryRecord]) -> None:
    """Print notifications with their state."""
    table = new_table("", "queued", "by", "to", "message", "attempts>", "state")
    for row in rows:
        state = f"sent {_format_instant(row.sent_at)}" if row.sent_at else "given up" if row.gave_up_at else "waiting"
        state += f": {escape_text(row.error)}" if row.error else ""
        cells = (_format_instant(row.created_at), row.channel, escape_text(row.address), escape_text(row.title))
        table.add_row(*cells, str(row.attempts), state)
    console.print(table if rows else "no notifications")
