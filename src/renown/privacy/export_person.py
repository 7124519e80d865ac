"""Export what the store has of a person and their accounts, table by table."""

from base64 import b64encode
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from datetime import date
from typing import cast

import msgspec

from renown.answers.explain.stored_receipt import deserialize_receipt
from renown.answers.profile import deserialize_profile
from renown.connectors.blog.mentions import NETWORK as BLOG
from renown.privacy.export_part import ExportPart, Row, list_part
from renown.privacy.stores import PersonalDataStores
from renown.records import EPOCH
from renown.scoring.accounts import Subject
from renown.store import IdentityChoice, Person

AccountKeys = Mapping[tuple[str, str], int | None]
"""(network, account_id) to the account's key; None if it is not in the lake."""


def store_parts(
    subject: Subject, accounts: AccountKeys, person: Person | None, stores: PersonalDataStores
) -> Iterator[ExportPart]:
    """Yield the tables of the store about somebody: the person, if they are one, their accounts and their scores."""
    if person:
        yield from _person_parts(person, stores)
        yield from _trust_parts(person, stores)
        yield from _message_parts(person, stores)
        yield from _group_parts(person, stores)
    yield from _account_parts(accounts, stores)
    yield from _profile_parts(subject, accounts, person, stores)
    yield from _score_parts(subject.key, stores)


def _person_parts(person: Person, stores: PersonalDataStores) -> Iterator[ExportPart]:
    """Yield who a person is here: name, claims, sessions, requests, choices and keys."""
    yield list_part(
        "store/person",
        [{"name": person.name, "consent": person.consent, "since": person.consent_at, "time_zone": person.time_zone}],
    )
    claim_names = ("network", "account_id", "claimed_at", "proof", "proved_at")
    claims = [{**_pick(claim, *claim_names), "proven": claim.is_verified} for claim in person.claims]
    yield list_part("store/claims", claims)
    times = stores.sessions.list_times(person.key)
    yield list_part("store/sessions", [{"created_at": created_at, "used_at": used_at} for created_at, used_at in times])
    requests = stores.privacy_requests.list_open_of(person.key)
    yield list_part("store/privacy_requests", [_pick(request, "kind", "requested_at") for request in requests])
    job = stores.first_scores.find(person.key)
    job_names = ("stage", "requested_at", "changed_at", "posts", "people", "days", "problem", "points")
    body = stores.first_scores.find_profile(person.key)
    profile = {"profile": _to_own_profile(body)} if body else {}
    yield list_part("store/first_scores", [{**_pick(job, *job_names), **profile}] if job else [])
    choice = stores.identities.choice(person.key)
    yield list_part("store/identity_choices", [asdict(choice)] if choice != IdentityChoice() else [])
    keys = stores.api_keys.list_of(person)
    yield list_part("store/api_keys", [_pick(row, "name", "created_at", "used_at") for row in keys])


def _message_parts(person: Person, stores: PersonalDataStores) -> Iterator[ExportPart]:
    """Yield signed statements, subscriptions and what was sent to them."""
    statements = [
        {"id": row.statement_id, **_pick(row, "token", "issued_at", "revoked_at")}
        for row in stores.statements.list_of(person.key)
    ]
    yield list_part("store/statements", statements)
    subscription_names = ("channel", "address", "min_points", "confirmed_at")
    subscriptions = stores.subscriptions.list_of(person.key)
    yield list_part("store/subscriptions", [_pick(row, *subscription_names) for row in subscriptions])
    deliveries = [
        {"channel": row.recipient.channel, **_pick(row, "content", "created_at")}
        for row in stores.deliveries.list_all(person.key)
    ]
    yield list_part("store/deliveries", deliveries)


def _group_parts(person: Person, stores: PersonalDataStores) -> Iterator[ExportPart]:
    """Yield memberships, and the logged scores with the salts of their commitments."""
    groups = stores.groups.by_member(person.key)
    joined_at = {group.name: row.joined_at for group in groups for row in stores.groups.members(group.name)}
    yield list_part("store/groups", [{"group": name, "joined_at": at} for name, at in joined_at.items()])
    log_rows = (
        {"group": group.name, "entry": entry.number, "score": opening.score, "salt": opening.salt}
        for group in stores.groups.all()
        for entry in stores.groups.log.read_entries(group.name)
        for opening in entry.openings
        if opening.member == person.name
    )
    yield list_part("store/group_log", list(log_rows))


def _trust_parts(person: Person, stores: PersonalDataStores) -> Iterator[ExportPart]:
    """Yield an operator's decision on a person's credit, and the reviews that the person asked for."""
    removal = stores.people.trust.removed_seeds().get(person.key)
    removals = [{"reason": removal.reason, "removed_at": removal.removed_at}] if removal else []
    yield list_part("store/seed_removals", removals)
    review_names = ("message", "requested_at", "answer", "answered_at")
    reviews = stores.people.trust.list_reviews(key=person.key)
    yield list_part("store/review_requests", [_pick(review, *review_names) for review in reviews])


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
    profile = stores.profiles.find(subject.key)
    yield list_part("store/profiles", [{"day": profile[0], **_to_own_profile(profile[1])}] if profile else [])


def _score_parts(key: int, stores: PersonalDataStores) -> Iterator[ExportPart]:
    """Yield recomputed scores, confidence ranges, stored receipts, and when anything of them changed last."""
    change = stores.people.changes.find(key)
    yield list_part("store/person_changes", [{"id": change.public_id, "at": change.changed_at}] if change else [])
    recomputed_rows = stores.days.recomputed.read(key, EPOCH, date.max)
    yield list_part("store/recomputed_scores", [asdict(row) for row in recomputed_rows])
    ranges = stores.profiles.ranges.read(key, EPOCH, date.max)
    yield list_part("store/score_ranges", [asdict(row) for row in ranges])
    yield list_part("store/receipts", list(_receipt_rows(key, stores)))


def _receipt_rows(key: int, stores: PersonalDataStores) -> Iterator[Row]:
    """Yield a person's stored receipts, without the names of others."""
    for day, body in stores.profiles.receipts.list_of_person(key):
        receipt = deserialize_receipt(body)
        changes = receipt.changes and receipt.changes.changes.redact_names(frozenset())
        explanation = receipt.explanation.redact_names(frozenset())
        yield {"day": day, "explanation": msgspec.to_builtins(explanation), "changes": msgspec.to_builtins(changes)}


def _to_own_profile(body: bytes) -> Row:
    """Return a stored profile without the names of others."""
    return cast("Row", msgspec.to_builtins(deserialize_profile(body).redact_names(frozenset())))


def _pick(record: object, *names: str) -> Row:
    """Return some fields of a record."""
    return {name: getattr(record, name) for name in names}
