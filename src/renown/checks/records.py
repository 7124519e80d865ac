"""Check what was signed and logged: the logs of groups, the keys of statements and the credentials of networks."""

from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING

from renown.checks.finding import Finding
from renown.errors import HomeError, InvalidInputError, InvalidSettingsError
from renown.store import CredentialStore, GroupStore, StatementStore

if TYPE_CHECKING:
    from renown.store.statement_keys import StatementKeys

_MAX_FAULTS = 3


def check_group_logs(groups: GroupStore) -> Iterator[Finding]:
    """Yield the logs of groups that were changed after they were written."""
    for group in groups.all():
        faults = groups.log.verify(group.name).faults
        for fault in faults[:_MAX_FAULTS]:
            yield Finding(
                part="groups",
                path=f"log of {group.name}",
                problem=f"does not verify: {fault}",
                remedy="restore the database from a backup in which `renown group verify` finds no fault",
                works="scores and pages; the standings of this group cannot be trusted",
            )


def check_statements(statements: StatementStore, keys: "StatementKeys", *, at: datetime) -> Iterator[Finding]:
    """Yield what is wrong with the keys of statements, and valid statements that none of them signed."""
    path = str(keys.path)
    works = "everything but signing and verifying statements"
    try:
        keys.public_keys()
    except HomeError as error:
        yield Finding(part="statements", path=path, problem=str(error), remedy="see there", works=works)
        return
    unverified = []
    for statement in statements.list_valid(at):
        try:
            keys.verify(statement.token)
        except InvalidInputError:
            unverified.append(statement.statement_id)
    if unverified:
        yield Finding(
            part="statements",
            path=path,
            problem=f"has no key that verifies {len(unverified)} valid statements, such as {unverified[0]}",
            remedy="restore the file from a backup; without one, people have to issue their statements again",
            works=works,
        )


def check_credentials(credentials: CredentialStore) -> Iterator[Finding]:
    """Yield credentials of networks that cannot be read."""
    for key in credentials.list_keys():
        try:
            credentials.load(key)
        except InvalidSettingsError as error:
            yield Finding(
                part="credentials",
                path=str(credentials.path(key)),
                problem=str(error),
                remedy="see there",
                works="everything but reading accounts with this credential",
            )
