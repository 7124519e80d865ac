"""
Listings: the acts that a network lists without ids, told apart from those the lake has.

A listing says who likes a post now. Who is listed and not in the lake has acted; who
is in the lake and missing from a complete listing has taken the act back.
"""

from renown.records import KEPT, SAID
from renown.steps import Step, literal

LISTS = {"target_id": "string", "post_id": "string", "verb": "smallint", "complete": "boolean", "at": "bigint"}
"""A row a listing; `at` is for acts that the network gives no instant."""
LISTED = {"target_id": "string", "post_id": "string", "verb": "smallint", "actor_id": "string", "at": "bigint"}
"""A row a name on a listing."""

_ONE = "target_id, post_id, verb"


def held() -> Step:
    """Return the step `held`: every act that the lake has of what the tables `lists` name, taken back or not."""
    sql = f"""
select l.target_id, l.post_id, l.verb, a.account_id as actor_id, i.interaction, u.interaction is not null as undone
from (select distinct {_ONE} from lists) l
join accounts t on t.account_id = l.target_id
join present i on i.target = t.account and i.post = l.post_id and i.verb = l.verb
join accounts a on a.account = i.actor
left join (select distinct interaction from undone) u on u.interaction = i.interaction"""
    columns = {**LISTED, "interaction": "bigint", "undone": "boolean"}
    del columns["at"]
    return Step("held", sql, columns, ("lists", "accounts", "present", "undone"))


def new_acts() -> Step:
    """Return the step `new_acts`: who is listed and has no act in the lake that stands, in the columns of a batch."""
    sql = f"""
select concat_ws(' ', 'listed', verb, actor_id, post_id, "at", taken_back) as interaction_id,
  verb, actor_id, target_id, post_id, "at"
from (
  select n.verb, n.actor_id, n.target_id, n.post_id, coalesce(n."at", l."at") as "at",
    coalesce(h.taken_back, 0) as taken_back
  from listed n
  join lists l using ({_ONE})
  left join (
    select {_ONE}, actor_id, count(*) filter (where undone) as taken_back, bool_or(not undone) as stands
    from held group by {_ONE}, actor_id
  ) h using ({_ONE}, actor_id)
  where not coalesce(h.stands, false)
) acts"""
    return Step("new_acts", sql, dict(SAID["interactions"]), ("lists", "listed", "held"))


def gone_acts(network: str, now: int) -> Step:
    """
    Return the step `gone_acts`: acts that stand in the lake and do so no more, as undone.

    They are missing from a complete listing, or stand twice: a stream that goes on
    after a pause tells of acts that were read from a listing in between.
    """
    sql = f"""
select distinct {literal(network)} as network, cast({now // 86400} as integer) as day_no, h.interaction,
  cast({now % 86400} as integer) as second
from (
  select *, row_number() over (partition by {_ONE}, actor_id order by interaction) as place from held
  where not undone and interaction is not null
) h
join lists l using ({_ONE})
left join listed n using ({_ONE}, actor_id)
where (l.complete and n.actor_id is null) or h.place > 1"""
    return Step("gone_acts", sql, dict(KEPT["undone"]), ("lists", "listed", "held"))
