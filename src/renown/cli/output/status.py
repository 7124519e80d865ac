"""Print the status of a home: its accounts and published days, and what changed since."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

from renown.cli.output import console, escape_text, format_instant, new_table
from renown.text import format_days, plural

if TYPE_CHECKING:
    from collections.abc import Sequence

    from renown.answers import LateActs, Status, TouchedDays
    from renown.answers.status import AccountStatus, NetworkStatus

MAX_ACCOUNTS = 50
"""Accounts that are printed; of more, those that could not be read come first."""


def print_status(answer: Status) -> None:
    """Print when each account was last read, and which days are published."""
    accounts = [(network, row) for network in answer.networks for row in network.accounts]
    if len(accounts) > MAX_ACCOUNTS:
        accounts.sort(key=lambda account: not account[1].message)
    _print_accounts(accounts[:MAX_ACCOUNTS])
    if len(accounts) > MAX_ACCOUNTS:
        failed = sum(network.failed for network in answer.networks)
        console.print(
            f"and {plural(len(accounts) - MAX_ACCOUNTS, 'more account')}; {failed:,} of {len(accounts):,} could not "
            "be read; `renown status --json` lists all",
            soft_wrap=True,
        )
    if answer.last_day is None:
        console.print("no day is published yet; `renown run` publishes today so far")
        return
    finality = "final" if answer.final else "not final"
    published = f"published {format_instant(answer.published_at)}, {finality}"
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
    print_late_acts(answer.late_acts)
    print_future_days(answer.future)


def _print_accounts(accounts: Sequence[tuple[NetworkStatus, AccountStatus]]) -> None:
    """Print a table of accounts, and the errors of those that could not be read."""
    table = new_table("", "account", "person", "last read", "last tried", "observed")
    for network, row in accounts:
        name = escape_text(f"{network.network}:{row.account}")
        instants = (
            (format_instant(row.seen_at), format_instant(row.tried_at))
            if network.readable
            else ("from files" if row.has_data else "no data", "")
        )
        table.add_row(name, escape_text(row.name), *instants, ", ".join(row.observed))
    console.print(table if accounts else "nobody has claimed an account; `renown add` adds people")
    for network, row in accounts:
        if row.message:
            console.print(f"{escape_text(f'{network.network}:{row.account}: {row.message}')}", soft_wrap=True)


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


def print_future_days(days: Sequence[str]) -> None:
    """Print the days that were published later than now, and what to do."""
    if days:
        console.print(
            f"published later than now by this machine's clock: {format_days(map(date.fromisoformat, days))}; set the "
            "clock if it is wrong; if it was ahead when they were published, their data are incomplete: "
            f"`renown unpublish --from {days[0]}` takes them back, and runs publish them again in time",
            soft_wrap=True,
        )


def print_late_acts(late_acts: LateActs | None) -> None:
    """Print how many acts came after days were published, and the command that scores these again."""
    if late_acts:
        console.print(
            f"{plural(late_acts.acts, 'act')} came after {plural(late_acts.days, 'published day')} from "
            f"{late_acts.first_day} on had been scored; later days count them; {_format_remedy(late_acts)}",
            soft_wrap=True,
        )


def _format_remedy(touched: TouchedDays) -> str:
    remedy = f"`renown score --from {touched.first_day} --to {touched.last_day}` scores them again"
    if not touched.unpublished:
        return remedy
    days = plural(touched.unpublished, "day is", "days are")
    return (
        f"{remedy}, and publishes what is missing in between: {days} not published; name fewer days to leave them out"
    )
