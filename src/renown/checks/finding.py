"""What a check found."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One damaged part of a home, or what is worth knowing although nothing is damaged."""

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
    """Whether something is damaged: leftovers of interrupted commands, and a home that others can read, are not."""
