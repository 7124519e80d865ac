"""List the groups, and load their logs."""

from dataclasses import dataclass, replace

from renown.answers.visibility import Visibility
from renown.store import GroupLogEntry, GroupStore


@dataclass(frozen=True, kw_only=True)
class GroupSummary:
    """One group of a list."""

    name: str
    title: str
    goal: float
    join_by: str
    members: int
    challenges: int
    head: str
    """Digest of the last entry of its log."""


@dataclass(frozen=True)
class GroupList:
    """All groups."""

    groups: tuple[GroupSummary, ...]


@dataclass(frozen=True)
class GroupLog:
    """A group's log, with everything needed to verify it independently."""

    group: str
    head: str
    """Digest of the last entry."""
    entries: tuple[GroupLogEntry, ...]


def list_groups(groups: GroupStore, visibility: Visibility | None = None) -> GroupList:
    """List all groups, ordered by name, with the number of their members who are visible; of all without it."""
    summaries = []
    for group in groups.all():
        head, members = groups.head_and_member_count(group.name)
        if visibility is not None:
            members = sum(visibility.includes(member.key) for member in groups.members(group.name))
        challenges = len(groups.challenges.by_group(group.name))
        summaries.append(
            GroupSummary(
                name=group.name,
                title=group.title,
                goal=group.goal,
                join_by=group.join_by,
                members=members,
                challenges=challenges,
                head=head,
            )
        )
    return GroupList(tuple(summaries))


def load_group_log(groups: GroupStore, name: str, visibility: Visibility | None = None) -> GroupLog:
    """
    Load the log of a group; of hidden people it has commitments without openings, as of erased ones.

    Raises
    ------
    GroupNotFoundError
    """
    entries = tuple(groups.log.read_entries(name))
    if visibility is not None:
        entries = tuple(
            replace(entry, openings=tuple(opening for opening in entry.openings if opening.member in visibility.names))
            for entry in entries
        )
    return GroupLog(name, entries[-1].digest, entries)
