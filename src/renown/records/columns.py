"""Columns of the lake and of batches."""

LAKE_COLUMNS: dict[str, dict[str, str]] = {
    "interactions": {
        "network": "string",
        "day_no": "integer",
        "actor": "bigint",
        "target": "bigint",
        "post": "string",
        "verb": "smallint",
        "second": "integer",
        "interaction": "bigint",
        "unverified": "boolean",
    },
    "tallies": {
        "network": "string",
        "day_no": "integer",
        "account": "bigint",
        "post": "string",
        "verb": "smallint",
        "count": "bigint",
        "second": "integer",
        "self_reported": "boolean",
    },
    "profiles": {
        "network": "string",
        "day_no": "integer",
        "account": "bigint",
        "followers": "bigint",
        "following": "bigint",
        "posts": "bigint",
        "lists": "bigint",
        "verified": "boolean",
        "created_day": "integer",
        "second": "integer",
        "self_reported": "boolean",
    },
    "undone": {
        "network": "string",
        "day_no": "integer",
        "interaction": "bigint",
        "second": "integer",
    },
    "presence": {
        "network": "string",
        "day_no": "integer",
        "account": "bigint",
        "present": "boolean",
        "second": "integer",
    },
    "accounts": {
        "network": "string",
        "account": "bigint",
        "account_id": "string",
    },
    "handles": {
        "network": "string",
        "account": "bigint",
        "handle": "string",
        "seen": "bigint",
    },
    "aliases": {
        "network": "string",
        "alias": "bigint",
        "account": "bigint",
        "seen": "bigint",
    },
    "coverage": {
        "network": "string",
        "verb": "smallint",
    },
    "account_coverage": {
        "network": "string",
        "account": "bigint",
        "verb": "smallint",
        "since": "bigint",
    },
    "posts": {
        "network": "string",
        "account": "bigint",
        "post": "string",
        "title": "string",
        "url": "string",
        "tags": "string",
        "seen": "bigint",
    },
}
"""
Columns of the lake: table to column name to type.

An account is a 64-bit key assigned once at ingest. `day_no` and `second` (of that
UTC day) are the record's `at`. `interaction` is the key of the network's id of
an act, null if it has none. `accounts` maps keys to ids, one row per account. `aliases` has the keys of other ids of
an account; `scoring.aliases` resolves them.
`seen` is the epoch second at which an account had a handle, or a post a title, URL and tags; `tags` are separated by
commas. `coverage` has the
verbs that can be observed on a network, `WHOLE_NETWORK` and `LOOKED_UP_ACTORS`. `account_coverage` has the verbs
that a connector observes of an account, from the epoch second `since` on.
"""

ACCOUNT_ID_COLUMNS = {
    "interactions": ("actor_id", "target_id"),
    "tallies": ("account_id",),
    "profiles": ("account_id",),
    "undone": (),
    "presence": ("account_id",),
    "names": ("account_id",),
    "aliases": ("alias_id", "account_id"),
    "posts": ("account_id",),
    "account_coverage": ("account_id",),
}
"""The columns of a batch that contain account ids."""

RECORD_TABLES = ("interactions", "tallies", "profiles", "undone", "presence")
"""Tables of records that scores count; the other tables of a batch describe accounts and posts."""

IMPORT_TABLES = (*RECORD_TABLES, "posts")
"""Tables that people import files of."""

ACT_TABLES = ("interactions", "tallies", "undone")
"""Those of `RECORD_TABLES` with acts and counts by day: rows before the window do not count."""

BATCH_COLUMNS: dict[str, dict[str, str]] = {
    "interactions": {
        "interaction_id": "string",
        "verb": "smallint",
        "actor_id": "string",
        "target_id": "string",
        "post_id": "string",
        "at": "bigint",
        "unverified": "boolean",
    },
    "tallies": {
        "account_id": "string",
        "post_id": "string",
        "verb": "smallint",
        "count": "bigint",
        "at": "bigint",
        "self_reported": "boolean",
    },
    "profiles": {
        "account_id": "string",
        "handle": "string",
        "followers": "bigint",
        "following": "bigint",
        "posts": "bigint",
        "lists": "bigint",
        "verified": "boolean",
        "created_at": "bigint",
        "at": "bigint",
        "self_reported": "boolean",
    },
    "undone": {
        "interaction_id": "string",
        "at": "bigint",
    },
    "presence": {
        "account_id": "string",
        "present": "boolean",
        "at": "bigint",
    },
    "names": {
        "account_id": "string",
        "handle": "string",
        "at": "bigint",
    },
    "aliases": {
        "alias_id": "string",
        "account_id": "string",
        "at": "bigint",
    },
    "posts": {
        "account_id": "string",
        "post_id": "string",
        "title": "string",
        "url": "string",
        "tags": "string",
        "at": "bigint",
    },
    "account_coverage": {
        "account_id": "string",
        "verb": "smallint",
        "at": "bigint",
    },
}
"""
Columns of a batch of one network's records, as connectors return it: table to column name to type.

Instants are epoch seconds, verbs are numbers, ids are those of the network.
"""
