"""
Export personal data table by table, and stream it as one ZIP file of JSON lines.

It covers the same tables as `erase_person`.
"""

import io
import zipfile
from base64 import b64encode
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import msgspec
from duckdb import DuckDBPyConnection

from renown.answers.explain.stored_receipt import deserialize_receipt
from renown.answers.profile import deserialize_profile
from renown.connectors.blog.mentions import NETWORK as BLOG
from renown.engines.duckdb import DuckDB
from renown.lake import Lake
from renown.privacy.export_ledger import ledger_parts
from renown.privacy.export_part import ExportPart, Row, list_part
from renown.privacy.stores import PersonalDataStores
from renown.records import EPOCH, LAKE_COLUMNS, VERBS, day_from_number
from renown.scoring.accounts import Subject, load_account_ids, load_subject
from renown.scoring.aliases import ALIASED_COLUMNS, load_alias_ids, load_alias_keys
from renown.store import SUBJECT_COLUMNS, IdentityChoice, Person, PublishedDay, PublishedTables

ACCOUNT_COLUMNS = {**ALIASED_COLUMNS, "accounts": ("account",), "aliases": ("alias", "account")}
"""
Columns of the lake with account keys. `accounts` comes after all tables with data, so that a killed erasure can find
them again; `aliases`, which has only numbers, after it, so that it finds all ids of an account.
"""
_VERB_NAMES = {number: verb for verb, number in VERBS.items()}

_FETCH_ROWS = 2_000
"""Rows per fetch, to bound memory."""
_AS_ACTOR, _AS_TARGET = ("interactions", " as actor"), ("interactions", " as target")
_EXPORTED_COLUMNS = {
    _AS_ACTOR: "p.* exclude (actor, target), d.account_id as target_id",
    _AS_TARGET: "p.* exclude (actor, target)",
}
"""Exported columns, if not all: who reacted to somebody is the other person's data."""
_JOINS = defaultdict(str, {_AS_ACTOR: "left join directory d on d.account = p.target"})

AccountKeys = Mapping[tuple[str, str], int | None]
"""(network, account_id) to the account's key; None if it is not in the lake."""

CHUNK_BYTES = 65_536
"""Size of the chunks that are yielded, in bytes."""
_README_TEXT = """Personal data of {name} on this server, as of {at:%Y-%m-%d %H:%M} UTC.

Each file is one table in JSON Lines (https://jsonlines.org), one row per line. `lake` has the collected data
(people who reacted to you are not named: that is their data), `ledger` has what reactions were worth on their day,
`published` has the results of each day, and `store` has the rest. Empty tables are omitted.
docs/explanation/privacy.md describes the tables.
"""


@dataclass(frozen=True)
class PersonalDataTable:
    """Number of rows that a table has about a person."""

    name: str
    rows: int


@dataclass(frozen=True)
class PersonalData:
    """Tables with rows about a person."""

    name: str
    tables: tuple[PersonalDataTable, ...]
    """Only tables with rows."""


def collect_personal_data(
    subject: Subject, accounts: AccountKeys, stores: PersonalDataStores, engine: DuckDB
) -> PersonalData:
    """Count the rows that every table has about a person."""
    tables = (
        PersonalDataTable(part.name, part.count()) for part in iter_export_parts(subject, accounts, stores, engine)
    )
    return PersonalData(subject.name, tuple(table for table in tables if table.rows))


def resolve_verified_accounts(
    person: Person, engine: DuckDB, stores: PersonalDataStores
) -> tuple[Subject, AccountKeys]:
    """Return a person with only the accounts that are verified, so that a false claim cannot export others' data."""
    subject = load_subject(person, engine, stores.lake)
    verified_accounts = {(claim.network, claim.account_id) for claim in person.claims if claim.is_verified}
    all_accounts = load_account_ids(subject, engine, stores.lake, stores.people)
    alias_ids = load_alias_ids(engine, stores.lake, load_alias_keys(engine, stores.lake))
    verified_ids = {(network, alias_ids.get((network, id_), id_)) for network, id_ in verified_accounts}
    accounts = {
        (network, id_): key
        for (network, id_), key in all_accounts.items()
        if (network, alias_ids.get((network, id_), id_)) in verified_ids
    }
    known_accounts = tuple((network, key) for (network, _), key in accounts.items() if key is not None)
    return Subject(person.key, person.name, known_accounts), accounts


def iter_export_parts(
    subject: Subject, accounts: AccountKeys, stores: PersonalDataStores, engine: DuckDB
) -> Iterator[ExportPart]:
    """
    Yield all personal data of somebody, one part per table; read each part before the next.

    People they reacted to are named; people who reacted to them are not, since that is the others' data.

    Parameters
    ----------
    subject : Subject
    accounts : mapping of (network, account_id) to int or None
        Their accounts to export, with the keys in the lake.
    stores : PersonalDataStores
    engine : DuckDB
        A session that nothing else uses.
    """
    person = stores.people.by_key(subject.key)
    if person:
        yield from _person_parts(person, stores)
    yield from _account_parts(accounts, stores)
    yield from _profile_parts(subject, accounts, person, stores)
    keys = [subject.key, *(key for key in accounts.values() if key is not None)]
    recomputed_rows = stores.days.recomputed.read(subject.key, EPOCH, date.max)
    change = stores.people.changes.find(subject.key)
    yield list_part("store/person_changes", [{"id": change.public_id, "at": change.changed_at}] if change else [])
    yield list_part("store/recomputed_scores", [asdict(row) for row in recomputed_rows])
    ranges = stores.profiles.ranges.read(subject.key, EPOCH, date.max)
    yield list_part("store/score_ranges", [asdict(row) for row in ranges])
    yield list_part("store/receipts", list(_receipt_rows(subject.key, stores)))
    for day in stores.days.all():
        for table in SUBJECT_COLUMNS:
            yield _published_part(day, table, keys)
    yield from ledger_parts(keys[1:], stores.lake, engine)
    networks = sorted({network for network, _ in accounts})
    for network in networks:
        account_keys = [
            key for (account_network, _), key in accounts.items() if account_network == network and key is not None
        ]
        if account_keys:
            yield from _lake_parts(network, account_keys, stores.lake, engine)


def write_export(name: str, parts: Iterable[ExportPart], *, at: datetime) -> Iterator[bytes]:
    """
    Yield a ZIP file of JSON lines in chunks, so that memory stays bounded for any amount of data.

    Parameters
    ----------
    name : str
        Name of the person, written into the README.
    parts : iterable of ExportPart
    at : datetime
        Time of the export, in UTC.
    """
    buffer = _ZipBuffer()
    timestamp = (at.year, at.month, at.day, at.hour, at.minute, at.second)
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(_zip_info("README.txt", timestamp), _README_TEXT.format(name=name, at=at))
        for part in parts:
            rows = part.rows()
            first_row = next(rows, None)
            if first_row is None:
                continue
            with archive.open(_zip_info(f"{part.name}.jsonl", timestamp), "w", force_zip64=True) as file:
                file.write(msgspec.json.encode(first_row) + b"\n")
                for row in rows:
                    file.write(msgspec.json.encode(row) + b"\n")
                    if len(buffer.pending) >= CHUNK_BYTES:
                        yield buffer.drain()
            yield buffer.drain()
    yield buffer.drain()


def _person_parts(person: Person, stores: PersonalDataStores) -> Iterator[ExportPart]:
    """Yield the store's tables of a person."""
    yield list_part(
        "store/person",
        [{"name": person.name, "consent": person.consent, "since": person.consent_at, "time_zone": person.time_zone}],
    )
    yield list_part(
        "store/claims",
        [
            {
                "network": claim.network,
                "account_id": claim.account_id,
                "claimed_at": claim.claimed_at,
                "proof": claim.proof,
                "proven": claim.is_verified,
                "proved_at": claim.proved_at,
            }
            for claim in person.claims
        ],
    )
    yield list_part(
        "store/sessions",
        [
            {"created_at": created_at, "used_at": used_at}
            for created_at, used_at in stores.sessions.list_times(person.key)
        ],
    )
    requests = stores.privacy_requests.list_open_of(person.key)
    yield list_part(
        "store/privacy_requests", [{"kind": request.kind, "requested_at": request.requested_at} for request in requests]
    )
    job = stores.first_scores.find(person.key)
    progress_names = ("stage", "requested_at", "changed_at", "posts", "people", "days", "problem", "points")
    progress_rows = [{name: getattr(job, name) for name in progress_names}] if job else []
    yield list_part("store/first_scores", progress_rows)
    choice = stores.identities.choice(person.key)
    yield list_part("store/identity_choices", [asdict(choice)] if choice != IdentityChoice() else [])
    yield from _trust_parts(person, stores)
    statements = [
        {"id": row.statement_id, "token": row.token, "issued_at": row.issued_at, "revoked_at": row.revoked_at}
        for row in stores.statements.list_of(person.key)
    ]
    yield list_part("store/statements", statements)
    subscriptions = [
        {"channel": row.channel, "address": row.address, "min_points": row.min_points, "confirmed_at": row.confirmed_at}
        for row in stores.subscriptions.list_of(person.key)
    ]
    yield list_part("store/subscriptions", subscriptions)
    deliveries = [
        {"channel": row.recipient.channel, "content": row.content, "created_at": row.created_at}
        for row in stores.deliveries.list_all(person.key)
    ]
    yield list_part("store/deliveries", deliveries)
    api_keys = [
        {"name": row.name, "created_at": row.created_at, "used_at": row.used_at}
        for row in stores.api_keys.list_of(person)
    ]
    yield list_part("store/api_keys", api_keys)
    groups = stores.groups.by_member(person.key)
    joined_at = {group.name: row.joined_at for group in groups for row in stores.groups.members(group.name)}
    yield list_part("store/groups", [{"group": name, "joined_at": at} for name, at in joined_at.items()])
    log_rows = (
        {"group": group.name, "entry": entry.number, "score": opening.score, "salt": opening.salt}
        for group in stores.groups.all()
        for entry in stores.groups.log(group.name)
        for opening in entry.openings
        if opening.member == person.name
    )
    yield list_part("store/group_log", list(log_rows))


def _trust_parts(person: Person, stores: PersonalDataStores) -> Iterator[ExportPart]:
    """Yield an operator's decision on a person's credit, and the reviews that the person asked for."""
    removal = stores.people.trust.removed_seeds().get(person.key)
    removals = [{"reason": removal.reason, "removed_at": removal.removed_at}] if removal else []
    yield list_part("store/seed_removals", removals)
    reviews = [
        {
            "message": review.message,
            "requested_at": review.requested_at,
            "answer": review.answer,
            "answered_at": review.answered_at,
        }
        for review in stores.people.trust.list_reviews(key=person.key)
    ]
    yield list_part("store/review_requests", reviews)


def _account_parts(accounts: AccountKeys, stores: PersonalDataStores) -> Iterator[ExportPart]:
    """Yield the sync state, webmentions and opt-outs of accounts."""
    sync_states = [sync_state for account in accounts if (sync_state := stores.sync_states.find(*account))]
    yield list_part("store/sync_states", [asdict(sync_state) for sync_state in sync_states])
    counts = (
        {"network": network, "account_id": account_id, "post": post, "verb": verb, "count": count}
        for network, account_id in accounts
        for (post, verb), count in stores.sync_states.counts(network, account_id).items()
    )
    yield list_part("store/sync_counts", list(counts))
    yield list_part("store/identities", list(_identity_rows(accounts, stores)))
    yield list_part("store/webmentions", list(_webmention_rows(accounts, stores)))
    validators = (
        {"network": network, "account_id": account_id, "list": list_name, "validator": validator}
        for network, account_id in accounts
        for list_name, validator in stores.sync_states.validators(network, account_id).items()
    )
    yield list_part("store/sync_validators", list(validators))
    credentials = [
        # Which credentials are stored, not the credentials.
        key._asdict()
        for key in stores.credentials.list_keys()
        if (key.network, key.account_id) in accounts
    ]
    yield list_part("credentials", credentials)
    opted_out_accounts = [account for account in accounts if stores.people.opt_outs.has(*account)]
    yield list_part(
        "store/opt_outs", [{"network": network, "account_id": account_id} for network, account_id in opted_out_accounts]
    )


def _identity_rows(accounts: AccountKeys, stores: PersonalDataStores) -> Iterator[Row]:
    """Yield the display names and pictures of accounts; pictures as Base64."""
    for network, account_id in accounts:
        if identity := stores.identities.find(network, account_id):
            picture = identity.picture
            yield {
                "network": network,
                "account_id": account_id,
                "display_name": identity.display_name,
                "picture": b64encode(picture.content).decode() if picture else "",
                "picture_url": picture.source_url if picture else "",
            }


def _webmention_rows(accounts: AccountKeys, stores: PersonalDataStores) -> Iterator[Row]:
    """Yield the webmentions for the accounts, without who sent them, and those of the accounts themselves."""
    blogs = {account_id for network, account_id in accounts if network == BLOG}
    for mention in stores.webmentions.find_by_account(blogs):
        sender = {"source": mention.source, "actor_id": mention.actor_id}
        row = {"target": mention.target, "received_at": mention.received_at, "verb": mention.verb}
        yield row if mention.account_id in blogs else row | sender


def _profile_parts(
    subject: Subject, accounts: AccountKeys, person: Person | None, stores: PersonalDataStores
) -> Iterator[ExportPart]:
    """Yield judgements about a person, their searchable names and their profile."""
    keys = {subject.key, *(key for key in accounts.values() if key is not None)}
    judgements = [
        {
            "judge": row.judge if person and row.judge == person.name else "",
            "winner": row.winner in keys,
            "loser": row.loser in keys,
            "at": row.at,
        }
        for row in stores.judgements.all()
        if keys & {row.winner, row.loser} or (person and row.judge == person.name)
    ]
    yield list_part("store/judgements", judgements)
    names = stores.profiles.names(subject.key)
    yield list_part("store/account_names", [{"network": name.network, "name": name.original_name} for name in names])
    profile_row = stores.profiles.find(subject.key)
    profile = msgspec.to_builtins(deserialize_profile(profile_row[1]).redact_names(frozenset())) if profile_row else {}
    yield list_part("store/profiles", [{"day": profile_row[0], **profile}] if profile_row else [])


def _receipt_rows(key: int, stores: PersonalDataStores) -> Iterator[Row]:
    """Yield a person's stored receipts, without the names of others."""
    for day, body in stores.profiles.receipts.list_of_person(key):
        receipt = deserialize_receipt(body)
        changes = receipt.changes and receipt.changes.changes.redact_names(frozenset())
        explanation = receipt.explanation.redact_names(frozenset())
        yield {"day": day, "explanation": msgspec.to_builtins(explanation), "changes": msgspec.to_builtins(changes)}


def _published_part(day: PublishedDay, table: str, keys: Sequence[int]) -> ExportPart:
    """Return a person's rows of a published table of a day."""

    def rows() -> Iterator[Row]:
        with PublishedTables(day) as published:
            yield from published.read_rows_about(table, keys)

    return ExportPart(f"published/{day.day}/{day.method}/{table}", lambda: sum(1 for _ in rows()), rows)


def _lake_parts(network: str, account_keys: Sequence[int], lake: Lake, engine: DuckDB) -> Iterator[ExportPart]:
    """Yield the lake's tables with rows of accounts of one network."""
    keys_sql = ", ".join(map(str, account_keys))
    for table, columns in ACCOUNT_COLUMNS.items():
        for column in columns:
            yield _lake_part(
                engine,
                lake=lake,
                table=table,
                network=network,
                condition_sql=f"{column} in ({keys_sql})",
                role=f" as {column}" * (len(columns) > 1),
            )
    undone_sql = f"interaction in (select interaction from acts where actor in ({keys_sql}))"
    yield _lake_part(engine, lake=lake, table="undone", network=network, condition_sql=undone_sql, role="")


def _lake_part(engine: DuckDB, lake: Lake, table: str, network: str, condition_sql: str, role: str) -> ExportPart:
    def scan(select: str) -> DuckDBPyConnection:
        engine.scan("acts", lake.files("interactions", network=network), LAKE_COLUMNS["interactions"])
        engine.scan("directory", lake.files("accounts", network=network), LAKE_COLUMNS["accounts"])
        engine.scan("present", lake.files(table, network=network), LAKE_COLUMNS[table])
        return engine.execute(
            f"select {select} from (select * from present where {condition_sql}) p {_JOINS[table, role]}"
        )

    def rows() -> Iterator[Row]:
        result = scan(_EXPORTED_COLUMNS.get((table, role), "p.*"))
        names = [column[0] for column in result.description or ()]
        while batch := result.fetchmany(_FETCH_ROWS):
            for row in batch:
                yield _readable_row(dict(zip(names, row, strict=True)))

    return ExportPart(f"lake/{table}/{network}{role}", lambda: int(scan("count(*)").fetchall()[0][0]), rows)


def _readable_row(row: dict[str, Any]) -> Row:
    """Return a row of the lake with readable timestamps and verbs."""
    if row.get("day_no") is not None:
        at = datetime.combine(day_from_number(row.pop("day_no")), time(), UTC) + timedelta(seconds=row.pop("second"))
        row = {"at": at, **row}
    if "seen" in row:
        row["seen"] = datetime.fromtimestamp(row["seen"], UTC)
    if "verb" in row:
        row["verb"] = _VERB_NAMES.get(row["verb"], row["verb"])
    return row


class _ZipBuffer(io.RawIOBase):
    """Write-only file that buffers bytes until they are drained."""

    def __init__(self) -> None:
        self.pending = bytearray()

    def writable(self) -> bool:
        return True

    def write(self, chunk: object) -> int:
        data = bytes(chunk)  # type: ignore[call-overload]
        self.pending += data
        return len(data)

    def drain(self) -> bytes:
        """Return and clear the buffered bytes."""
        data, self.pending = bytes(self.pending), bytearray()
        return data


def _zip_info(name: str, timestamp: tuple[int, int, int, int, int, int]) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name, timestamp)
    info.compress_type = zipfile.ZIP_DEFLATED
    return info
