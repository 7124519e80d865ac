"""
Reconcile the lists of who liked or reposted an account's posts with the interactions in the lake.

A list names the accounts that like or repost a post now; these interactions have no ids. Who is
listed and not in the lake has a new interaction; who is in the lake and missing from a complete
list has undone it.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from renown.connectors.base import Listing
from renown.engines.base import Row
from renown.engines.duckdb import DuckDB
from renown.ingest.account_keys import interaction_key_sql
from renown.ingest.batch import retry_while_locked
from renown.lake import Lake
from renown.records import BATCH_COLUMNS, LAKE_COLUMNS, VERB_NAMES, VERBS, epoch_seconds
from renown.steps import Step, quote_literal

LISTING_COLUMNS = {
    "target_id": "string",
    "post_id": "string",
    "verb": "smallint",
    "complete": "boolean",
    "at": "bigint",
    "complete_since": "bigint",
}
"""
One row for each list; `at` is the time of interactions without a time of their own.

A complete list names all interactions from `complete_since` on.
"""
LISTED_ACTOR_COLUMNS = {
    "target_id": "string",
    "post_id": "string",
    "verb": "smallint",
    "actor_id": "string",
    "at": "bigint",
    "unverified": "boolean",
}
"""One row for each account on a list."""

_LISTING_KEY = "target_id, post_id, verb"
_MAX_UNDO_COUNT = 5
"""How often an interaction may be undone and still be recognized as one that came from a list."""


@dataclass(frozen=True)
class ReconcileResult:
    """Differences between lists and the lake."""

    new_acts: list[Row]
    """New interactions, in the columns of a batch."""
    undone: int
    """Number of interactions that were undone."""
    too_recent: set[tuple[str, str]]
    """(post, verb) of lists that lack acts too recent to be judged missing: read these lists again."""


class ListingReconciler:
    """
    The interactions in the lake with one account's posts, loaded once for all lists of a run.

    Parameters
    ----------
    engine : DuckDB
        Holds them while the account is read.
    lake : Lake
    network, account_id : str
    """

    def __init__(self, engine: DuckDB, lake: Lake, network: str, account_id: str) -> None:
        self._engine, self._lake = engine, lake
        self._network, self._account_id = network, account_id
        self._load_lake_acts()

    def undo_duplicates(self, now: datetime, *, before: datetime) -> int:
        """
        Undo interactions that are stored twice, once from a list and once from a stream; return how many.

        A stream may report an act after a list did; as no count changes then, the list would not be read again.
        """
        posts = self._engine.query(
            "select distinct target_id, post_id, verb, false, 0, 0 from stored_acts where from_list"
        )
        self._load_listings(posts, ())
        undone_count = self._commit_undone(now, before)
        if undone_count:
            self._load_lake_acts()
        return undone_count

    def reconcile(self, listings: Iterable[Listing], now: datetime, *, before: datetime) -> ReconcileResult:
        """Find new interactions, and undo those that are no longer listed."""
        listing_rows: list[Row] = []
        actors: dict[Row, Row] = {}
        for listing in listings:
            key = (listing.target_id, listing.post_id, VERBS[listing.verb])
            complete_since = epoch_seconds(listing.complete_since) if listing.complete_since else 0
            listing_rows.append((*key, listing.complete, epoch_seconds(listing.at), complete_since))
            actors |= {
                (*key, actor.account_id): (epoch_seconds(actor.at) if actor.at else None, actor.unverified)
                for actor in listing.actors
            }
        self._load_listings(listing_rows, [(*key, *values) for key, values in actors.items()])
        self._engine.run(new_acts_step())
        undone_count = self._commit_undone(now, before)
        new_acts = self._engine.query("select * from new_acts order by interaction_id")
        too_recent = self._engine.query(too_recent_listings_sql(before=epoch_seconds(before)))
        return ReconcileResult(new_acts, undone_count, {(post, VERB_NAMES[verb]) for post, verb in too_recent})

    def _load_lake_acts(self) -> None:
        for table, step_name in (("interactions", "lake_interactions"), ("undone", "undone"), ("accounts", "accounts")):
            self._engine.scan(step_name, self._lake.files(table, network=self._network), LAKE_COLUMNS[table])
        self._engine.run(lake_acts_step(self._network, self._account_id))

    def _load_listings(self, listing_rows: Iterable[Row], actor_rows: Iterable[Row]) -> None:
        self._engine.create_table("listings", listing_rows, LISTING_COLUMNS)
        self._engine.create_table("listed_actors", actor_rows, LISTED_ACTOR_COLUMNS)

    def _commit_undone(self, now: datetime, before: datetime) -> int:
        """Commit the step `undone_acts`; return how many interactions were undone."""
        self._engine.run(lapsed_acts_step())
        self._engine.run(undone_acts_step(self._network, epoch_seconds(now), before=epoch_seconds(before)))
        if not self._engine.query("select 1 from undone_acts limit 1"):
            return 0
        for attempt in retry_while_locked():
            with attempt, self._lake.write_batch() as batch:
                partition_columns = ["network", "day_no"]
                files = self._engine.write_partitioned(
                    "undone_acts", batch.folder / "undone", partition_by=partition_columns, prefix="u"
                )
                if files:
                    self._lake.commit("undone", files, batch=batch)
        return sum(file.rows for file in files)


def lake_acts_step(network: str, account_id: str) -> Step:
    """Return the step `stored_acts`: all interactions in the lake with an account's posts, undone or not."""
    listed_keys_sql = ", ".join(
        interaction_key_sql(network, _act_id_sql(undo_count)) for undo_count in range(_MAX_UNDO_COUNT)
    )
    sql = f"""
select *, coalesce(interaction in ({listed_keys_sql}), false) as from_list from (
select t.account_id as target_id, i.post as post_id, i.verb, a.account_id as actor_id, i.interaction,
  u.interaction is not null as undone, cast(i.day_no as bigint) * 86400 + i.second as "at"
from lake_interactions i
join (select * from accounts where account_id = {quote_literal(account_id)}) t on t.account = i.target
join accounts a on a.account = i.actor
left join (select distinct interaction from undone) u on u.interaction = i.interaction
where i.post is not null
) acts"""
    id_columns = {name: kind for name, kind in LISTED_ACTOR_COLUMNS.items() if name not in {"at", "unverified"}}
    columns = {**id_columns, "interaction": "bigint", "undone": "boolean", "at": "bigint", "from_list": "boolean"}
    return Step(name="stored_acts", sql=sql, columns=columns, reads=("accounts", "lake_interactions", "undone"))


def new_acts_step() -> Step:
    """Return the step `new_acts`: listed interactions that the lake does not have, in the columns of a batch."""
    sql = f"""
select {_act_id_sql("taken_back")} as interaction_id,
  verb, actor_id, target_id, post_id, "at", unverified
from (
  select n.verb, n.actor_id, n.target_id, n.post_id, n.unverified, coalesce(n."at", l."at") as "at",
    coalesce(h.taken_back, 0) as taken_back
  from listed_actors n
  join listings l using ({_LISTING_KEY})
  left join (
    select {_LISTING_KEY}, actor_id, count(*) filter (where undone) as taken_back, bool_or(not undone) as stands
    from stored_acts group by {_LISTING_KEY}, actor_id
  ) h using ({_LISTING_KEY}, actor_id)
  where not coalesce(h.stands, false)
) acts"""
    return Step(
        name="new_acts",
        sql=sql,
        columns=dict(BATCH_COLUMNS["interactions"]),
        reads=("listings", "listed_actors", "stored_acts"),
    )


def lapsed_acts_step() -> Step:
    """
    Return the step `ended_acts`: interactions to undo, as they are missing from a complete list or stored twice.

    A stream that is resumed after a pause repeats interactions that were read from a list in between. Of such
    duplicates the stream's stays, as only that one has the id to which a later deletion refers.
    """
    sql = f"""
select distinct h.post_id, h.verb, h.interaction, h."at", h.from_list
from (
  select *, row_number() over (partition by {_LISTING_KEY}, actor_id order by from_list, interaction) as duplicate_rank
  from stored_acts
  where not undone and interaction is not null
) h
join listings l using ({_LISTING_KEY})
left join listed_actors n using ({_LISTING_KEY}, actor_id)
where (l.complete and n.actor_id is null and h."at" >= l.complete_since) or h.duplicate_rank > 1"""
    columns = {"post_id": "string", "verb": "smallint", "interaction": "bigint", "at": "bigint", "from_list": "boolean"}
    return Step(name="ended_acts", sql=sql, columns=columns, reads=("listings", "listed_actors", "stored_acts"))


def undone_acts_step(network: str, now: int, *, before: int) -> Step:
    """Return the step `undone_acts`: the rows for `undone`, without interactions that may be newer than the list."""
    sql = f"""
select {quote_literal(network)} as network, cast({now // 86400} as integer) as day_no, interaction,
  cast({now % 86400} as integer) as second
from ended_acts
where not ({_too_recent_sql(before)})"""
    return Step(name="undone_acts", sql=sql, columns=dict(LAKE_COLUMNS["undone"]), reads=("ended_acts",))


def too_recent_listings_sql(*, before: int) -> str:
    """Return SQL for the (post, verb) of interactions in `ended_acts` that are too recent to be judged missing."""
    return f"select distinct post_id, verb from ended_acts where {_too_recent_sql(before)} order by post_id, verb"


def _act_id_sql(undo_count: object) -> str:
    """Return SQL for the id of an interaction that came from a list and was undone `undo_count` times before."""
    return f"concat_ws(' ', 'listed', verb, actor_id, post_id, \"at\", {undo_count})"


def _too_recent_sql(before: int) -> str:
    """Return SQL for interactions that a stream reported since `before`: lists may lag behind streams."""
    return f'not from_list and "at" >= {before}'
