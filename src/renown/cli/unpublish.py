"""Take published days back."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from renown.cli.home import open_home
from renown.cli.options import YesOption, parse_day
from renown.cli.output import console
from renown.cli.progress import ProgressBar
from renown.errors import InvalidInputError
from renown.text import plural

if TYPE_CHECKING:
    from collections.abc import Sequence

    from renown.home import Home
    from renown.runs.unpublish import Withdrawal, WithdrawalPlan


def unpublish(
    context: typer.Context,
    day: Annotated[str | None, typer.Option(help="UTC day, as 2026-11-23.")] = None,
    from_: Annotated[str | None, typer.Option("--from", help="First of several days.")] = None,
    to: Annotated[
        str | None, typer.Option("--to", help="Last of several days. Default: the latest published day.")
    ] = None,
    yes: YesOption = False,
) -> None:
    """
    Take published days back: pages, feeds, the API, ranks and histories are as if they had never been published.

    The logs of groups record it, statements about these days are revoked, and notifications that wait are not sent. The
    collected data stay. To publish a day again, correct the data first: `renown run` publishes the days after the
    latest remaining one by itself, `renown score --day` any other.

    Example: `renown unpublish --day 2026-11-23`
    """
    from renown import runs
    from renown.runs.unpublish import plan_withdrawal, unpublish_days

    first, last = _parse_span(day, from_, to)
    home = open_home(context)
    with runs.file_lock(home.settings.home / runs.RUN_LOCK, at=datetime.now(UTC)):
        plan = plan_withdrawal(home.days.all(), first=first, last=last)
        if not yes:
            typer.confirm(_describe_plan(plan), abort=True)
        withdrawal = unpublish_days(
            home.run_resources, home.statements, home.deliveries, plan.days, now=datetime.now(UTC)
        )
        if plan.served:
            _build_profiles(home)
    _print_result(plan, withdrawal)


def _parse_span(day: str | None, first: str | None, last: str | None) -> tuple[date, date]:
    """
    Parse the first and last day.

    Raises
    ------
    InvalidInputError
        If they are missing.
    """
    if (day is None) == (first is None) or (day and last):
        raise InvalidInputError("write --day DAY for one day, or --from DAY and --to DAY for several")
    begin = parse_day(day or first or "")
    end = begin if day else parse_day(last) if last else date.max
    return begin, end


def _describe_plan(plan: WithdrawalPlan) -> str:
    span = _describe_days(plan.days)
    served = f"pages then show {plan.served}" if plan.served else "pages then show no scores at all"
    later = (
        f" {_describe_days(plan.later)} stay published, although they were scored with the trust of the days before."
        if plan.later
        else ""
    )
    return f"Take back {span}? Their scores, ranks and history vanish; {served}.{later}"


def _describe_days(days: Sequence[date]) -> str:
    return f"{days[0]}" if len(days) == 1 else f"{len(days)} days, {days[0]} to {days[-1]}"


def _build_profiles(home: Home) -> None:
    from renown.runs import profiles

    served_day = home.days.find()
    with ProgressBar() as bar:
        profiles.build_profiles(
            home.reader,
            home.lake,
            home.people,
            home.profiles,
            served_day,
            previous_day=home.days.find_previous(served_day),
            progress=bar,
        )


def _print_result(plan: WithdrawalPlan, withdrawal: Withdrawal) -> None:
    served = f"pages show {plan.served} now" if plan.served else "pages show no scores now"
    console.print(f"took back {_describe_days(plan.days)}; {served}", soft_wrap=True)
    console.print(
        f"{plural(withdrawal.group_entries, 'entry', 'entries')} in the logs of groups, "
        f"{plural(withdrawal.statements, 'statement')} revoked, "
        f"{plural(withdrawal.messages, 'message')} not sent",
        soft_wrap=True,
    )
    first, last = plan.days[0], plan.days[-1]
    if plan.later:
        end = max(last, plan.later[-1])
        console.print(
            f"to score these and the later days again: renown score --from {first} --to {end}", soft_wrap=True
        )
    else:
        console.print(
            "the next `renown run` publishes the missing days up to yesterday again; before it, correct the data, such "
            f"as with `renown import` or `renown unclaim`; or now: renown score --from {first} --to {last}",
            soft_wrap=True,
        )
