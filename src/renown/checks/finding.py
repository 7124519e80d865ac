"""What a check found."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One damaged part of a home, or a leftover that does no harm."""

    part: str
    """
    One of ``permissions``, ``format``, ``settings``, ``lake``, ``ledger``, ``store``, ``published``, ``served``,
    ``groups``, ``statements``, ``credentials`` and ``locks``.
    """
    path: str
    """The file or folder."""
    problem: str
    remedy: str
    works: str = ""
    """What still works in spite of it; empty for a leftover."""
    damage: bool = True
    """Whether something is damaged; if not, it is a leftover of an interrupted command."""
