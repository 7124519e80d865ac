"""Print the story of the demo: what scores are common, what the team can reach, and what to try next."""

from __future__ import annotations

import shlex
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from renown.cli.output import console, escape_text

if TYPE_CHECKING:
    from renown.demo import TeamScores

_LEVELS = (50, 70)
"""Scores of which it is told how many people reach them."""


def print_shares(claimed_scores: Sequence[float]) -> None:
    """Print how many of those who claimed accounts reach each level."""
    texts = [f"{_count_from(claimed_scores, level) / len(claimed_scores):.0%} reach {level}" for level in _LEVELS]
    console.print(
        f"Of the {len(claimed_scores)} people who claimed accounts, {' and '.join(texts)}. Eight colleagues race to "
        f"{_LEVELS[-1]}:\n",
        soft_wrap=True,
    )


def print_buyer(name: str, paid_accounts: int) -> None:
    """Print who pays for reactions, before their receipt."""
    console.print(
        f"\n{name} pays {paid_accounts} accounts for a like and a repost a day. Nobody known reacts to these accounts, "
        "so the receipt says how little they count:\n",
        soft_wrap=True,
    )


def print_team(team: TeamScores, goal: int) -> None:
    """Print what a small team can reach that has nothing but files of its own acts."""
    console.print(
        f"\nA team of {team.people} with nothing but CSV files of their own acts: {escape_text(team.leader)} leads "
        f"with {team.highest:.1f}, the median is {team.median:.1f}. Nobody outside of the team is seen, so {goal} is "
        f"out of reach there; a goal of {round(team.highest) + 1} is one that nobody has reached yet.",
        soft_wrap=True,
    )


def print_next_steps(home: Path, team_home: Path, url: str) -> None:
    """Print commands to try on both homes."""
    is_module = Path(sys.argv[0]).name == "__main__.py"
    program = f"{shlex.quote(sys.executable)} -m renown" if is_module else shlex.quote(sys.argv[0])
    if shutil.which("renown"):
        program = "renown"
    option, team_option = (f"--home {shlex.quote(str(folder))}" for folder in (home, team_home))
    console.print("\nTry next:", style="bold")
    for command, purpose in (
        (f"{option} explain ada", "the receipt of one of the eight"),
        (f"{option} changes ada", "why her score changed"),
        (f"{option} goal ada --target 70", "what it takes to reach 70"),
        (f"{option} history radia", "somebody who rises"),
        (f"{option} group show club70 --challenge 1", "the race"),
        (f"{team_option} top", "the team"),
        (f"{option} serve", f"pages: {url}/people/ada and {url}/groups/club70"),
    ):
        console.print(f"  {program} {command}   # {purpose}", soft_wrap=True)


def _count_from(scores: Sequence[float], level: int) -> int:
    return sum(score >= level for score in scores)
