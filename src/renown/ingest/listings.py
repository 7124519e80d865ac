"""
Listings: the acts that a network lists without ids, told apart from those the lake has.

A listing says who likes a post now. Who is listed and not in the lake has acted; who
is in the lake and missing from a complete listing has taken the act back.
"""

from renown.ingest.keys import interaction_key
from renown.records import KEPT, SAID
from renown.steps import Step, literal

LISTS = {"target_id": "string", "post_id": "string", "verb": "smallint", "complete": "boolean", "at": "bigint"}
"""A row a listing; `at` is for acts that the network gives no instant."""
LISTED = {"target_id": "string", "post_id": "string", "verb": "smallint", "actor_id": "string", "at": "bigint"}
"""A row a name on a listing."""

_ONE = "target_id, post_id, verb"
_TIMES = 5
"""Times taken back up to which an act is known to be one that was read from a listing."""


def _act_id(taken_back: object) -> str:
    """Return SQL for the id of an act that was read from a listing; `taken_back` is how often it was before."""
    return f"concat_ws(' ', 'listed', verb, actor_id, post_id, \"at\", {taken_back})"


def held(network: str, account_id: str) -> Step:
    """Return the step `held`: every act that the lake has on an account's posts, taken back or not."""
    ours = ", ".join(interaction_key(network, _act_id(times)) for times in range(_TIMES))
    sql = f"""
select *, coalesce(interaction in ({ours}), false) as from_list from (
select t.account_id as target_id, i.post as post_id, i.verb, a.account_id as actor_id, i.interaction,
  u.interaction is not null as undone, cast(i.day_no as bigint) * 86400 + i.second as "at"
from present i
join (select * from accounts where account_id = {literal(account_id)}) t on t.account = i.target
join accounts a on a.account = i.actor
left join (select distinct interaction from undone) u on u.interaction = i.interaction
where i.post is not null
) acts"""
    who = {name: kind for name, kind in LISTED.items() if name != "at"}
    columns = {**who, "interaction": "bigint", "undone": "boolean", "at": "bigint", "from_list": "boolean"}
    return Step("held", sql, columns, ("accounts", "present", "undone"))


def new_acts() -> Step:
    """Return the step `new_acts`: who is listed and has no act in the lake that stands, in the columns of a batch."""
    sql = f"""
select {_act_id("taken_back")} as interaction_id,
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


def lapsed() -> Step:
    """
    Return the step `lapsed`: acts that stand in the lake and are missing from a complete listing, or stand twice.

    A stream that goes on after a pause tells of acts that were read from a listing in between. What it told stays: a
    deletion that it tells takes that back.
    """
    sql = f"""
select distinct h.post_id, h.verb, h.interaction, h."at", h.from_list
from (
  select *, row_number() over (partition by {_ONE}, actor_id order by from_list, interaction) as place from held
  where not undone and interaction is not null
) h
join lists l using ({_ONE})
left join listed n using ({_ONE}, actor_id)
where (l.complete and n.actor_id is null) or h.place > 1"""
    columns = {"post_id": "string", "verb": "smallint", "interaction": "bigint", "at": "bigint", "from_list": "boolean"}
    return Step("lapsed", sql, columns, ("lists", "listed", "held"))


def gone_acts(network: str, now: int, *, before: int) -> Step:
    """Return the step `gone_acts`: what lapsed, as undone, but for acts that may be younger than the listing."""
    sql = f"""
select {literal(network)} as network, cast({now // 86400} as integer) as day_no, interaction,
  cast({now % 86400} as integer) as second
from lapsed
where not ({_young(before)})"""
    return Step("gone_acts", sql, dict(KEPT["undone"]), ("lapsed",))


def too_young(*, before: int) -> str:
    """Return SQL for the (post, verb) of acts that lapsed and are too young to tell."""
    return f"select distinct post_id, verb from lapsed where {_young(before)} order by post_id, verb"


def _young(before: int) -> str:
    """Return SQL for acts that a stream told since `before`: listings may lag behind streams."""
    return f'not from_list and "at" >= {before}'
