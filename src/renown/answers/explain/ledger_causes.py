"""Causes of a score change between two days with a ledger: which tables each replaces, and what is compared."""

from collections.abc import Collection, Iterable, Mapping, Sequence

from renown.method.file import Method
from renown.scoring.ledger_replay import STANDINGS
from renown.scoring.replay import replay_tables

COVERAGE_TABLES = ("observed", "whole_networks", "account_coverage", "scales")
"""Tables of what can be observed, of networks and of accounts."""
_REQUIRED_CHANGES = {
    "undone": ("undone", "entries"),
    "absence": ("presence", "members"),
    "late": ("entries", "interactions"),
    "coverage": COVERAGE_TABLES,
    "identities": ("members",),
}
"""Causes that are skipped if none of these tables changed; the other causes nearly always change something."""

UNKNOWN, SELF_REPORTED = -1, -2
"""Names of counts, whose actors are unknown; the name of an actor is the account key, which is not negative."""
_CONTRIBUTIONS = "contributions"
_ACTORS_SQL = f"""
select coalesce(m.person, k.account) as person, k.account, k.signal, k.actor as name,
  cast(floor(k.received + 5e-1) as bigint) as received, k.acts, cast(floor(k.full_worth + 5e-1) as bigint) as full_worth
from ({{contributions}}) k left join members m on m.account = k.account
where coalesce(m.person, k.account) in ({{people}})
union all
select person, account, signal, cast(name as bigint), cast(floor(cast(worth as double) * share + 5e-1) as bigint), acts,
  worth
from (
  select coalesce(m.person, u.account) as person, u.account, u.signal, c.name,
    case when c.name = {UNKNOWN} then u.received - u.self_reported else u.self_reported end as worth,
    case when c.name = {UNKNOWN} then u.people - u.self_reported_people else u.self_reported_people end as acts,
    coalesce(cast(r.counted as double) / nullif(cast(r.strangers as double), 0e0), 0e0) as share
  from unknown_actors u
  cross join (select {UNKNOWN} as name union all select {SELF_REPORTED}) c
  left join members m on m.account = u.account
  left join reactions r on r.account = u.account
) counts
where person in ({{people}}) and acts > 0"""
_POSTS_SQL = """
select coalesce(m.person, p.account) as person, p.account, p.signal, p.post as name,
  cast(floor(least(p.received, 9e18)) as bigint) as received, p.acts,
  cast(floor(least(p.full_worth, 9e18)) as bigint) as full_worth
from post_shares p left join members m on m.account = p.account
where coalesce(m.person, p.account) in ({people})"""
BREAKDOWN_READS = {
    "actors": {"entries", "ages", "own_pairs", "absent", "members", "unknown_actors", "reactions"},
    "posts": {"post_shares", "members"},
}
"""Tables that the SELECT of each breakdown reads."""
UNREAD_TABLES = (STANDINGS,)
"""Tables of a day that no cause needs: only the second of these steps reads them."""
UNUSED_STEPS = (_CONTRIBUTIONS, "discounts")
"""Explanation steps that are not run: the breakdown by actor has the SELECT of the first, nothing reads the second."""


def list_required_changes(equal_tables: Collection[str]) -> Mapping[str, Sequence[str]]:
    """
    List, for each cause that is skipped unless a table changed, the tables that have to be compared.

    Parameters
    ----------
    equal_tables : collection of str
        Tables that are known to have the same rows, on both days, of the days up to the first that are still in the
        window.
    """
    fixed_causes = ("undone", "late")
    return {
        kind: tuple(table for table in tables if not (kind in fixed_causes and table in equal_tables))
        for kind, tables in _REQUIRED_CHANGES.items()
    }


def select_breakdowns(method: Method, people: Iterable[int]) -> dict[str, str]:
    """Return the SELECT of what each actor, and each post, contributed to people."""
    contributions = next(step for step in method.explanation_steps if step.name == _CONTRIBUTIONS)
    values = {"people": ", ".join(map(str, people)), _CONTRIBUTIONS: contributions.sql}
    return {"actors": _ACTORS_SQL.format_map(values), "posts": _POSTS_SQL.format_map(values)}


def select_later(*tables: str) -> dict[str, str]:
    """Return the SELECT of the later day's rows of each table."""
    return {table: f"select * from {table}_later" for table in tables}


def tables_by_cause(method: Method, *, first_day_no: int, expired_day_no: int) -> Mapping[str, Mapping[str, str]]:
    """
    Return the tables that each cause replaces, with the SELECT of the new rows, in the order in which they apply.

    Entries are fixed on their day, so those of days up to the first one differ only if an act of these days was undone
    or arrived late; that it did changes also what later acts of the same people are worth.

    Parameters
    ----------
    method : Method
    first_day_no : int
        Number of the first of the two days.
    expired_day_no : int
        Number of the latest day that left the window.
    """

    def merge_earlier_rows(table: str) -> str:
        """Return the first day's rows that left the window, and the later day's rows of the days before."""
        return (
            f"select * from {table}_first where day_no <= {expired_day_no} union all "
            f"select * from {table}_later where day_no > {expired_day_no} and day_no <= {first_day_no}"
        )

    same_key = "l.day_no = f.day_no and l.target = f.target and l.actor = f.actor and l.signal = f.signal"
    is_undone = f"f.day_no > {expired_day_no} and coalesce(l.acts, 0) < f.acts"
    remaining_sql = (
        f"select f.* from entries_first f left join entries_later l on {same_key} where not ({is_undone}) union all "
        f"select l.* from entries_first f join entries_later l on {same_key} where {is_undone}"
    )
    # Undone acts that left the window are among the first day's rows only.
    undone_sql = "select * from undone_first union select * from undone_later"
    # Presence is append-only and the latest row counts, so actors whose acts left the window keep their state.
    presence_sql = "select * from presence_first union all select * from presence_later"
    restored_sql = "select l.* from members_later l join absent_first g on g.account = l.account"
    tables = [table for table in replay_tables(method) if table not in UNREAD_TABLES]
    return {
        "first": {table: f"select * from {table}_first" for table in tables} | select_later("accounts"),
        "undone": {"undone": undone_sql, "entries": remaining_sql},
        "absence": {
            "presence": presence_sql,
            "members": f"select * from members_first union all {restored_sql}",
        },
        "late": {table: merge_earlier_rows(table) for table in ("entries", "interactions")},
        "left": {"ages": f"select * from ages_first where day_no > {expired_day_no}"},
        "decay": select_later("ages"),
        "new": select_later("entries", "interactions", "tallies", "undone"),
        "profile": select_later("profiles", "constants"),
        "coverage": select_later(*COVERAGE_TABLES),
        "identities": select_later("members"),
    }
