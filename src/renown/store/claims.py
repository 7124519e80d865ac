"""Store of claims: assign verified accounts to people; a verified claim takes precedence over unverified ones."""

import unicodedata
from datetime import datetime

import sqlalchemy as sa

from renown.errors import InvalidInputError
from renown.store.opt_outs import OptOutStore
from renown.store.people import PeopleStore, find_name_in_any_case, generate_token
from renown.store.person import CONSENT_GIVEN, UNVERIFIED_PROOFS, Person, check_name
from renown.store.person_changes import CLAIMS, record_person_changes
from renown.store.schema import claims, people
from renown.store.visibility import record_visibility_change


class ClaimStore:
    """Assigns verified accounts to people."""

    def __init__(self, database: sa.Engine) -> None:
        self._database = database
        self._people = PeopleStore(database)
        self._opt_outs = OptOutStore(database)

    def confirm_owner(self, network: str, account_id: str, proof: str, *, at: datetime) -> Person | None:
        """
        Return the person who owns a verified account, and record the proof; None if it must still be claimed.

        The owner is whoever verified it before. A person without verified accounts, whose claims the operator added,
        belongs to whoever verifies one of them first. A person with other verified accounts does not: an unverified
        claim gives its verifier no access to them.
        """
        with self._database.begin() as connection:
            owner = _find_owner(connection, network, account_id)
            if owner is None:
                return None
            _lock_person(connection, owner)
            select = sa.select(claims).where(claims.c.person_id == owner)
            is_verified_by_account = {
                (row.network, row.account_id): row.proof not in UNVERIFIED_PROOFS for row in connection.execute(select)
            }
            if any(is_verified_by_account.values()) and not is_verified_by_account.get((network, account_id)):
                return None
            _write_verified_claim(
                connection, person_id=owner, network=network, account_id=account_id, proof=proof, at=at
            )
        return self._people.by_key(-owner)

    def assign_account(self, key: int, network: str, account_id: str, proof: str, *, at: datetime) -> None:
        """
        Assign a verified account to a person; an unverified claim of somebody else is deleted.

        Raises
        ------
        InvalidInputError
            If somebody else verified it, or it is opted out.
        """
        self._check_opt_out(network, account_id)
        with self._database.begin() as connection:
            _lock_person(connection, -key)
            _write_verified_claim(
                connection, person_id=-key, network=network, account_id=account_id, proof=proof, at=at
            )

    def create_person(self, name: str, network: str, account_id: str, proof: str, *, at: datetime) -> Person:
        """
        Create a new person who owns a verified account.

        Raises
        ------
        InvalidInputError
            If the name is invalid or taken, somebody else verified the account, or it is opted out.
        """
        name = unicodedata.normalize("NFC", name.strip())
        check_name(name)
        if name in {".", ".."}:
            raise InvalidInputError(f"{name!r} cannot be the name of a page; choose another")
        self._check_opt_out(network, account_id)
        try:
            with self._database.begin() as connection:
                if find_name_in_any_case(connection, name):
                    raise _name_taken_error(name)
                row = {"name": name, "added_at": at, "consent": CONSENT_GIVEN, "consent_at": at}
                person_id = connection.execute(
                    sa.insert(people).values(**row).returning(people.c.person_id)
                ).scalar_one()
                _write_verified_claim(
                    connection, person_id=person_id, network=network, account_id=account_id, proof=proof, at=at
                )
        except sa.exc.IntegrityError:
            # Somebody else took the name or the account meanwhile.
            raise _name_taken_error(name) from None
        person = self._people.by_name(name)
        assert person is not None  # noqa: S101 - it was created above
        return person

    def release_account(self, network: str, account_id: str) -> None:
        """Delete an unverified claim of an account whose verified owner wants no page."""
        condition = sa.and_(
            claims.c.network == network, claims.c.account_id == account_id, claims.c.proof.in_(UNVERIFIED_PROOFS)
        )
        with self._database.begin() as connection:
            owners = connection.scalars(sa.select(claims.c.person_id).where(condition)).all()
            connection.execute(sa.delete(claims).where(condition))
            record_visibility_change(connection)
            record_person_changes(connection, CLAIMS, owners)

    def _check_opt_out(self, network: str, account_id: str) -> None:
        if self._opt_outs.has(network, account_id):
            raise InvalidInputError("this account is opted out, as its owner asked; opt back in first")


def _write_verified_claim(
    connection: sa.Connection, person_id: int, network: str, account_id: str, proof: str, at: datetime
) -> None:
    """Write a verified claim, replacing an unverified one."""
    record_visibility_change(connection)
    condition = sa.and_(claims.c.network == network, claims.c.account_id == account_id)
    row = connection.execute(sa.select(claims).where(condition)).one_or_none()
    record_person_changes(connection, CLAIMS, {person_id, row.person_id} if row else {person_id})
    if row and row.proof not in UNVERIFIED_PROOFS:
        if row.person_id == person_id:
            return
        raise InvalidInputError("this account is verified as somebody else's; to be them, sign out and sign in with it")
    if row and row.person_id == person_id:
        connection.execute(sa.update(claims).where(condition).values(proof=proof, proved_at=at))
        return
    connection.execute(sa.delete(claims).where(condition))
    new_claim = {"person_id": person_id, "network": network, "account_id": account_id, "claimed_at": at}
    connection.execute(sa.insert(claims).values(**new_claim, token=generate_token(), proof=proof, proved_at=at))


def _find_owner(connection: sa.Connection, network: str, account_id: str) -> int | None:
    condition = sa.and_(claims.c.network == network, claims.c.account_id == account_id)
    return connection.scalar(sa.select(claims.c.person_id).where(condition))


def _lock_person(connection: sa.Connection, person_id: int) -> None:
    """Lock a person's claims against other writers until the transaction ends."""
    connection.execute(sa.update(people).where(people.c.person_id == person_id).values(person_id=person_id))


def _name_taken_error(name: str) -> InvalidInputError:
    return InvalidInputError(f"the name {name!r} is taken, or too similar to one that is; choose another")
