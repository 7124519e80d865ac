"""Invitations: secrets that let one person, or a number of people, join a group until they expire."""

import secrets
from datetime import datetime, timedelta

import sqlalchemy as sa

from renown.errors import InvalidInputError, InvitationError
from renown.store.groups.terms import Group
from renown.store.schema import invitations
from renown.store.secret_hash import hash_secret

INVITATION_DAYS = 7
"""Days after which an invitation expires, by default."""
MAX_INVITED = 1_000
"""Maximum people who can join with one invitation."""
_EXPIRED_RETENTION = timedelta(days=30)
"""Time for which expired invitations are kept, to say that they expired."""


def create_invitation(connection: sa.Connection, group: Group, *, at: datetime, days: int, people: int) -> str:
    """Create an invitation for a number of people and return its secret; only its hash is stored."""
    if not 1 <= people <= MAX_INVITED:
        raise InvalidInputError(f"an invitation cannot be for {people} people; choose 1 to {MAX_INVITED}")
    connection.execute(sa.delete(invitations).where(invitations.c.expires_at < at - _EXPIRED_RETENTION))
    secret = secrets.token_hex(16)
    row = {
        "digest": hash_secret(secret),
        "group_id": group.group_id,
        "expires_at": at + timedelta(days=days),
        "uses_left": people,
    }
    connection.execute(sa.insert(invitations).values(**row))
    return secret


def use_invitation(connection: sa.Connection, group: Group, invitation: str | None, at: datetime) -> None:
    """
    Use up an invitation.

    Raises
    ------
    InvitationError
        The message never contains the invitation: it may still be valid for another group.
    """
    hint, source = "ask a member for a new one", f"they get it from `renown group invite {group.name}`"
    if not invitation:
        raise InvitationError(
            f"{group.name!r} is joined by invitation; {hint}", remedy=f"{source}; pass it with --invitation"
        )
    condition = sa.and_(invitations.c.digest == hash_secret(invitation), invitations.c.group_id == group.group_id)
    row = connection.execute(sa.select(invitations).where(condition)).one_or_none()
    if row is None:
        raise InvitationError(f"this is not an invitation to {group.name!r}; copy all of it, or {hint}", remedy=source)
    if row.uses_left <= 0:
        raise InvitationError(
            f"this invitation to {group.name!r} was used up on {row.used_at.date()}, by as many people as it was for: "
            f"{hint}",
            remedy=source,
        )
    if row.expires_at <= at:
        raise InvitationError(
            f"this invitation to {group.name!r} expired on {row.expires_at.date()}; {hint}", remedy=source
        )
    values = {"used_at": at, "uses_left": invitations.c.uses_left - 1}
    connection.execute(sa.update(invitations).where(condition).values(**values))
