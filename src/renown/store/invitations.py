"""Invitations: secret words, each of which lets one person into a group."""

import hashlib
import secrets
from datetime import datetime, timedelta

import sqlalchemy as sa

from renown.errors import NotInvited
from renown.store.database import utc
from renown.store.schema import invitations
from renown.store.terms import Group

INVITED_DAYS = 7
"""Days after which an invitation expires where nobody says another number."""


def invite(connection: sa.Connection, group: Group, *, at: datetime, days: int) -> str:
    """Return a new invitation; only its digest is kept."""
    word = secrets.token_hex(16)
    row = {"digest": _digest(word), "group_id": group.group_id, "expires_at": at + timedelta(days=days)}
    connection.execute(sa.insert(invitations).values(**row))
    return word


def use(connection: sa.Connection, group: Group, invitation: str | None, at: datetime) -> None:
    """
    Use an invitation up.

    Raises
    ------
    NotInvited
        Never with the invitation in its words: it may still be good for another group.
    """
    ask = f"ask for another one, of `renown group invite {group.name}`"
    if not invitation:
        msg = f"{group.name!r} is joined by invitation; {ask}, and give it with --invitation"
        raise NotInvited(msg)
    here = sa.and_(invitations.c.digest == _digest(invitation), invitations.c.group_id == group.group_id)
    row = connection.execute(sa.select(invitations).where(here)).one_or_none()
    if row is None:
        msg = f"that is no invitation to {group.name!r}; copy it whole, or {ask}"
        raise NotInvited(msg)
    if row.used_at is not None:
        msg = f"that invitation to {group.name!r} was used on {row.used_at.date()}; each is for one person: {ask}"
        raise NotInvited(msg)
    if utc(row.expires_at) <= at:
        msg = f"that invitation to {group.name!r} expired on {row.expires_at.date()}; {ask}"
        raise NotInvited(msg)
    connection.execute(sa.update(invitations).where(here).values(used_at=at))


def _digest(word: str) -> str:
    return hashlib.sha256(word.encode()).hexdigest()
