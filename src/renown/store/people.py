"""Store of people, the accounts that they claimed with their proofs, and their consent."""

import secrets
import shlex
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

import sqlalchemy as sa

from renown.errors import InvalidInputError
from renown.store.database import purge_deleted_rows
from renown.store.opt_outs import OptOutStore, record_departure
from renown.store.person import (
    CONSENT_GIVEN,
    UNVERIFIED_PROOFS,
    Claim,
    Person,
    check_account_id,
    check_name,
)
from renown.store.person_changes import CLAIMS, CONSENT, PersonChangeStore, record_person_changes
from renown.store.schema import (
    account_names,
    api_keys,
    claims,
    exports,
    first_scores,
    identities,
    identity_choices,
    oauth_requests,
    opt_out_state,
    opt_outs,
    people,
    person_changes,
    privacy_requests,
    quotas,
    review_requests,
    seed_removals,
    session_accounts,
    sessions,
    sync_counts,
    sync_states,
    sync_validators,
)
from renown.store.trust import TrustStore
from renown.store.visibility import VisibilityStore, record_visibility_change

_PERSON_TABLES = (
    *(claims, people, sync_states, sync_counts, sync_validators, quotas, opt_outs, opt_out_state, exports),
    *(sessions, session_accounts, oauth_requests, privacy_requests, seed_removals, review_requests, first_scores),
    *(identities, identity_choices),
    person_changes,
    api_keys,
)


class PeopleStore:
    """The people of a home, their claims, and opt-outs."""

    def __init__(self, database: sa.Engine) -> None:
        self._database = database
        self.opt_outs = OptOutStore(database)
        self.visibility = VisibilityStore(database)
        self.trust = TrustStore(database)
        self.changes = PersonChangeStore(database)

    def add(self, name: str, accounts: list[tuple[str, str]], *, at: datetime) -> Person:
        """
        Add a person, or add accounts to an existing person.

        Raises
        ------
        InvalidInputError
            If the name or the id of an account is invalid, or the name differs only in case from somebody else's; if
            somebody else claimed an account, or the person or account opted out.
        """
        check_name(name)
        for network, account_id in accounts:
            check_account_id(network, account_id)
        existing = self.by_name(name)
        opted_out = [name] if existing and not existing.has_consented else []
        opted_out += [
            f"{network}:{account_id}" for network, account_id in accounts if self.opt_outs.has(network, account_id)
        ]
        if opted_out:
            raise InvalidInputError(
                f"{opted_out[0]!r} has opted out; if they ask to come back, run `renown opt-in {opted_out[0]}`"
            )
        with self._database.begin() as connection:
            person_id = connection.scalar(sa.select(people.c.person_id).where(people.c.name == name))
            if person_id is None:
                if similar_name := find_name_in_any_case(connection, name):
                    raise InvalidInputError(
                        f"{name!r} differs only in case from {similar_name!r}, and people are found by name in any "
                        "case; write that name to add accounts to them, or choose another for somebody else"
                    )
                row = {"name": name, "added_at": at, "consent": CONSENT_GIVEN, "consent_at": at}
                person_id = connection.scalar(sa.insert(people).values(**row).returning(people.c.person_id))
            for network, account_id in accounts:
                self._add_claim(connection, person_id, network, account_id, at)
            record_visibility_change(connection)
            record_person_changes(connection, CLAIMS, [person_id])
        return self._find(people.c.name == name)[0]

    def remove_claim(self, person: Person, network: str, account_id: str) -> Person:
        """Take an account off a person who claimed it by mistake; return the person with their other accounts."""
        is_name = sa.and_(_is_account(account_names, network, account_id), account_names.c.key == person.key)
        with self._database.begin() as connection:
            is_claim = sa.and_(_is_account(claims, network, account_id), claims.c.person_id == person.person_id)
            connection.execute(sa.delete(claims).where(is_claim))
            connection.execute(sa.delete(account_names).where(is_name))
            record_visibility_change(connection)
            record_person_changes(connection, CLAIMS, [person.person_id])
        return self._find(people.c.person_id == person.person_id)[0]

    def consenting_names(self, *, verified_only: bool = False) -> dict[int, str]:
        """Return names by score key of people who consent; with `verified_only`, if all their claims are verified."""
        select = sa.select(people.c.person_id, people.c.name).where(people.c.consent == CONSENT_GIVEN)
        if verified_only:
            unverified = sa.select(claims.c.person_id).where(claims.c.proof.in_(UNVERIFIED_PROOFS))
            select = select.where(people.c.person_id.not_in(unverified))
        with self._database.connect() as connection:
            return {-person_id: name for person_id, name in connection.execute(select)}

    def by_name(self, name: str) -> Person | None:
        """Return the person with this name; None if there is none."""
        return next(iter(self._find(people.c.name == name)), None)

    def by_name_in_any_case(self, name: str) -> Person | None:
        """Return the person with this name, or the only one who has it in another case; None if there is none."""
        matches = self._find(sa.func.lower(people.c.name) == sa.func.lower(name))
        exact_matches = [person for person in matches if person.name == name]
        return (exact_matches or matches)[0] if exact_matches or len(matches) == 1 else None

    def by_account(self, network: str, account_id: str) -> Person | None:
        """Return the person who claimed an account; None if nobody did."""
        owner = sa.select(claims.c.person_id).where(claims.c.network == network, claims.c.account_id == account_id)
        return next(iter(self._find(people.c.person_id.in_(owner))), None)

    def by_key(self, key: int) -> Person | None:
        """Return the person with this score key; None if there is none."""
        return next(iter(self._find(_has_key(key))), None)

    def all(self) -> list[Person]:
        """Return all people, in the order in which they were added."""
        return self._find(sa.true())

    def list_page(self, text: str = "", *, limit: int, offset: int = 0) -> list[Person]:
        """Return people, newest first, whose name or a claimed account's id contains a text."""
        contains = people.c.name.contains(text, autoescape=True)
        owners = sa.select(claims.c.person_id).where(claims.c.account_id.contains(text, autoescape=True))
        handles = sa.select(-account_names.c.key).where(account_names.c.name.contains(text.casefold(), autoescape=True))
        matches = sa.or_(contains, people.c.person_id.in_(owners), people.c.person_id.in_(handles))
        select = sa.select(people.c.person_id).where(matches if text else sa.true())
        page = select.order_by(people.c.person_id.desc()).limit(limit).offset(offset)
        return self._find(people.c.person_id.in_(page.subquery().select()))[::-1]

    def all_consenting(self) -> list[Person]:
        """Return all people who may be collected, scored and shown."""
        return self._find(people.c.consent == CONSENT_GIVEN)

    def list_departed_keys(self) -> set[int]:
        """
        Return the score keys of people who withdrew their consent, and of accounts that opted out.

        Their rows are deleted from published days in a moment, but not from the lake.
        """
        withdrawn = sa.select(people.c.person_id).where(people.c.consent != CONSENT_GIVEN)
        with self._database.connect() as connection:
            keys = {-person_id for person_id in connection.scalars(withdrawn)}
        return keys | {account for _, account in self.opt_outs.load().accounts}

    def set_consent(self, key: int, consent: str, *, at: datetime) -> None:
        """Set a person's consent; idempotent."""
        with self._database.begin() as connection:
            update = sa.update(people).where(_has_key(key), people.c.consent != consent)
            update = update.values(consent=consent, consent_at=at).returning(people.c.person_id)
            changed = connection.scalars(update).all()
            record_visibility_change(connection)
            record_person_changes(connection, CONSENT, changed)

    def set_time_zone(self, key: int, time_zone: str) -> None:
        """Set the time zone of a person; the name must be valid."""
        with self._database.begin() as connection:
            connection.execute(sa.update(people).where(_has_key(key)).values(time_zone=time_zone))
            # Their page, which others see, has hours in this zone.
            record_visibility_change(connection)

    def record_proof(self, network: str, account_id: str, proof: str, *, at: datetime) -> None:
        """Record the proof of a claim, unless it is verified already; a better proof replaces an archive."""
        condition = sa.and_(_is_account(claims, network, account_id), claims.c.proof.in_(UNVERIFIED_PROOFS))
        with self._database.begin() as connection:
            owners = connection.scalars(sa.select(claims.c.person_id).where(condition)).all()
            connection.execute(sa.update(claims).where(condition).values(proof=proof, proved_at=at))
            record_visibility_change(connection)
            record_person_changes(connection, CLAIMS, owners)

    def erase(self, key: int, accounts: Mapping[tuple[str, str], int | None] | None = None) -> int:
        """
        Erase a person and their claims, also from free pages and the write-ahead log; return the rows deleted.

        Parameters
        ----------
        key : int
            Score key.
        accounts : mapping of (network, account_id) to int or None, optional
            More accounts of theirs, with the keys that the lake no longer has; their opt-outs stay, as hashes only.
        """
        person = self.by_key(key)
        all_accounts = set(accounts or ()) | set(person.accounts if person else ())
        with self._database.begin() as connection:
            record_departure(connection)
            if person:
                record_person_changes(connection, CONSENT, [person.person_id])
            deleted_rows = 0
            for table in (sync_states, sync_counts, sync_validators, quotas, session_accounts, claims):
                rows = [
                    connection.execute(sa.delete(table).where(_is_account(table, *account))).rowcount
                    for account in all_accounts
                ]
                deleted_rows += sum(rows) if table is claims else 0
            for account in all_accounts:
                anonymize_requests = sa.update(privacy_requests).where(_is_account(privacy_requests, *account))
                connection.execute(anonymize_requests.values(network=None, account_id=None))
            deleted_rows += connection.execute(sa.delete(people).where(_has_key(key))).rowcount
            keys = [account for account in (accounts or {}).values() if account is not None]
            anonymize_opt_outs = sa.update(opt_outs).where(opt_outs.c.account.in_(keys))
            connection.execute(anonymize_opt_outs.values(network=None, account=None))
        self.purge()
        return deleted_rows

    def purge(self) -> None:
        """Purge deleted and changed rows from SQLite's write-ahead log, or from PostgreSQL's pages."""
        purge_deleted_rows(self._database, *_PERSON_TABLES)

    def _add_claim(
        self, connection: sa.Connection, person_id: int, network: str, account_id: str, at: datetime
    ) -> None:
        owner = connection.scalar(sa.select(claims.c.person_id).where(_is_account(claims, network, account_id)))
        if owner is None:
            row = {"person_id": person_id, "network": network, "account_id": account_id, "claimed_at": at}
            connection.execute(sa.insert(claims).values(**row, token=generate_token()))
        elif owner != person_id:
            name = connection.scalar(sa.select(people.c.name).where(people.c.person_id == owner))
            account = f"{network}:{account_id}"
            command = shlex.join(["renown", "unclaim", str(name), account])
            raise InvalidInputError(
                f"{account} is claimed by {name!r}; an account belongs to one person",
                remedy=f"if that is a mistake, run `{command}` first",
            )

    def _find(self, where: sa.ColumnElement[bool]) -> list[Person]:
        columns = (
            people.c.time_zone,
            *(claims.c.network, claims.c.account_id, claims.c.token),
            *(claims.c.proof, claims.c.proved_at, claims.c.claimed_at),
        )
        select = (
            sa.select(people.c.person_id, people.c.name, people.c.consent, people.c.consent_at, *columns)
            .select_from(people.outerjoin(claims))
            .where(where)
            .order_by(people.c.person_id, claims.c.network, claims.c.account_id)
        )
        people_by_id: dict[int, Person] = {}
        with self._database.connect() as connection:
            for person_id, name, consent, consent_at, time_zone, *claim in connection.execute(select):
                person = people_by_id.get(person_id) or Person(
                    person_id=person_id,
                    name=name,
                    claims=(),
                    consent=consent,
                    consent_at=consent_at,
                    time_zone=time_zone,
                )
                new_claims = [_to_claim(*claim)] if claim[0] else []
                people_by_id[person_id] = replace(person, claims=(*person.claims, *new_claims))
        return list(people_by_id.values())


def find_name_in_any_case(connection: sa.Connection, name: str) -> str | None:
    """Return the name of a person that differs from a name in case at most; None if there is none."""
    in_any_case = sa.func.lower(people.c.name) == sa.func.lower(name)
    return connection.scalar(sa.select(people.c.name).where(in_any_case).limit(1))


def generate_token() -> str:
    """Generate a random token of 80 bits: too long to be guessed, or to appear by chance."""
    return f"renown-{secrets.token_hex(10)}"


def _has_key(key: int) -> sa.ColumnElement[bool]:
    """Return the condition for the person with a score key; none matches the key of an unclaimed account."""
    return people.c.person_id == -key if key < 0 else sa.false()


def _is_account(table: sa.Table, network: str, account_id: str) -> sa.ColumnElement[bool]:
    return sa.and_(table.c.network == network, table.c.account_id == account_id)


def _to_claim(
    network: str, account_id: str, claim_token: str, proof: str, proved_at: datetime | None, claimed_at: datetime
) -> Claim:
    return Claim(
        network=network,
        account_id=account_id,
        token=claim_token,
        proof=proof,
        proved_at=proved_at,
        claimed_at=claimed_at,
    )
