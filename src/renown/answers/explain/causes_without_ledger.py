"""Causes of score changes between two days of a method without a ledger: the tables that each of them replaces."""

from collections.abc import Iterable

from renown.answers.explain.ledger_causes import SELF_REPORTED, UNKNOWN, select_later
from renown.method.file import Method
from renown.scoring.replay import REPLAY_TABLES

REQUIRED_CHANGES = {
    "undone": ("undone",),
    "absence": ("presence", "members"),
    "coverage": ("observed", "scales"),
    "identities": ("members",),
}
"""Causes that are skipped if none of these tables changed; the other causes nearly always change something."""
_ACTORS_SQL = f"""
select s.person, k.account, k.signal, k.actor as name, k.received, cast(k.acts as bigint) as acts,
  k.received as full_worth
from contributions k join strengths s on s.account = k.account where s.person in ({{people}})
union all
select s.person, u.account, u.signal, cast({UNKNOWN} as bigint), u.received - u.self_reported,
  u.people - u.self_reported_people, u.received - u.self_reported
from unknown_actors u join strengths s on s.account = u.account
where s.person in ({{people}}) and u.people > u.self_reported_people
union all
select s.person, u.account, u.signal, cast({SELF_REPORTED} as bigint), u.self_reported, u.self_reported_people,
  u.self_reported
from unknown_actors u join strengths s on s.account = u.account
where s.person in ({{people}}) and u.self_reported_people > 0"""
_POSTS_SQL = """
select s.person, p.account, p.signal, p.post as name, p.received, p.acts, p.received as full_worth
from post_shares p join strengths s on s.account = p.account where s.person in ({people})"""


def select_breakdowns(people: Iterable[int]) -> dict[str, str]:
    """Return the SELECT of what each actor, and each post, contributed to people."""
    people_sql = ", ".join(map(str, people))
    return {"actors": _ACTORS_SQL.format(people=people_sql), "posts": _POSTS_SQL.format(people=people_sql)}


def tables_by_cause(first_method: Method, later_method: Method, expired_day_no: int) -> dict[str, dict[str, str]]:
    """Return the tables that each cause replaces, with the SELECT of the new rows, in the order of `CAUSES`."""
    join_sql = "f.actor = l.actor and f.signal = l.signal"
    new_actors_sql = f"from actors_later l left join actors_first f on {join_sql} where f.actor is null"
    # Actors that were absent or had not acted on the first day have no weight of it; they get that of the later day.
    actors_replacement = {"actors": f"select * from actors_first union all select l.* {new_actors_sql}"}
    # Presence is append-only and the latest row counts, so actors whose acts left the window keep their state.
    presence_sql = "select * from presence_first union all select * from presence_later"
    restored_sql = "select l.* from members_later l join absent_first g on g.account = l.account"
    members_sql = f"select * from members_first union all {restored_sql}"
    return {
        "first": {table: f"select * from {table}_first" for table in REPLAY_TABLES}
        | select_later("accounts")
        | actors_replacement,
        "undone": select_later("undone"),
        "absence": {"presence": presence_sql, "members": members_sql},
        "left": {"ages": f"select * from ages_first where day_no > {expired_day_no}"},
        "decay": select_later("ages"),
        "new": select_later("interactions", "tallies", "undone"),
        "standing": select_later("actors"),
        "profile": select_later("profiles", "constants"),
        "coverage": select_later("observed", "scales"),
        "identities": select_later("members"),
        "method": {}
        if first_method.digest == later_method.digest
        else {table: f"select * from {table}_last" for table in REPLAY_TABLES},
    }
