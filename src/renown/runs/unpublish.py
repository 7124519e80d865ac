"""Take published days back: from what is served, the ledger, the logs of groups, statements and notifications."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime

import sqlalchemy as sa

from renown.errors import DayNotPublishedError
from renown.records import day_number
from renown.runs.resources import RunResources
from renown.scoring.carry import delete_carry
from renown.scoring.claimed_rows import delete_claimed_rows
from renown.scoring.ledger import list_ledgers
from renown.store import DeliveryStore, PublishedDay, StatementStore, check_day_order


@dataclass(frozen=True, kw_only=True)
class WithdrawalPlan:
    """Published days to take back, and what stays."""

    days: Sequence[date]
    """Oldest first."""
    served: date | None
    """The day that is served afterwards; None if no published day remains."""
    later: Sequence[date]
    """Published days that were scored after the first of these, with its trust."""


@dataclass(frozen=True, kw_only=True)
class Withdrawal:
    """What was taken back with some published days."""

    group_entries: int
    """New entries in the logs of groups."""
    statements: int
    """Signed statements that were revoked."""
    messages: int
    """Notifications that were not sent yet."""


def plan_withdrawal(published: Sequence[PublishedDay], *, first: date, last: date) -> WithdrawalPlan:
    """
    Find the published days from first to last, and what their withdrawal means for others.

    Raises
    ------
    DayNotPublishedError
        If there are none.
    InvalidInputError
        If the first day is after the last one.
    """
    check_day_order(first, last)
    all_days = sorted({day.day for day in published})
    days = [day for day in all_days if first <= day <= last]
    if not days:
        span = f"{first}" if first == last else f"no day from {first} to {last}"
        raise DayNotPublishedError(
            f"{span} is {'not ' if first == last else ''}published; `renown status` prints the latest published day"
        )
    remaining = [day for day in all_days if day not in days]
    return WithdrawalPlan(
        days=days,
        served=max(remaining, default=None),
        later=[day for day in remaining if day > days[0]],
    )


def unpublish_days(
    resources: RunResources,
    statements: StatementStore,
    deliveries: DeliveryStore,
    withdrawn: Collection[date],
    *,
    now: datetime,
) -> Withdrawal:
    """
    Take days back: scores, ranks, histories and feeds are as if they had never been published.

    The logs of groups say that they were. What other days were computed from stays. The ledger goes first and the
    database changes in one transaction, so that after a kill the same call does the rest.

    Parameters
    ----------
    resources : RunResources
        The caller holds the lock of runs.
    statements : StatementStore
    deliveries : DeliveryStore
    withdrawn : collection of date
        Days as `plan_withdrawal` finds them.
    now : datetime
    """
    _roll_back_ledgers(resources, withdrawn)
    counts: dict[str, int] = {}

    def withdraw_references(connection: sa.Connection) -> None:
        counts["group_entries"] = resources.groups.log.withdraw_days(connection, sorted(withdrawn), at=now)
        counts["statements"] = statements.revoke_days(connection, withdrawn, at=now)
        counts["messages"] = deliveries.drop_unsent(connection, withdrawn)

    resources.days.withdraw(withdrawn, in_transaction=withdraw_references)
    statements.purge()
    return Withdrawal(**counts)


def _roll_back_ledgers(resources: RunResources, withdrawn: Collection[date]) -> None:
    """Take back what the ledgers fixed on days after the last remaining one of their method."""
    published = resources.days.all()
    for ledger in list_ledgers(resources.lake):
        days = [day.day for day in published if day.method == ledger.root.name]
        if withdrawn_days := [day for day in days if day in withdrawn]:
            last = max((day for day in days if day not in withdrawn), default=None)
            if last is None or last < max(withdrawn_days):
                ledger.roll_back(None if last is None else day_number(last))
                delete_carry(ledger)
                delete_claimed_rows(ledger)
