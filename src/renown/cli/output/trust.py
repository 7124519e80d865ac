"""Print who makes accounts known, what changes without a person, and requests for reviews."""

from __future__ import annotations

from typing import TYPE_CHECKING

from renown.cli.output import console, escape_text, new_table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from renown.answers.trust import Review, TrustPreview, TrustSeed


def print_seeds(answers: Sequence[TrustSeed]) -> None:
    """Print verified people with whom they make known, and who was removed."""
    table = new_table("", "person", "verified accounts>", "make known>", "known only with them>", "removed")
    for seed in answers:
        removed = f"{seed.removed_at[:10]}: {escape_text(seed.reason)}" if seed.removed_at else ""
        table.add_row(escape_text(seed.name), f"{seed.accounts:,}", f"{seed.known:,}", f"{seed.only:,}", removed)
    console.print(table if answers else "nobody is verified; `renown prove NAME` verifies who owns an account")
    if not any(not seed.removed_at for seed in answers):
        print_no_seed()


def print_no_seed() -> None:
    """Print what it means that credit starts at nobody."""
    console.print("credit starts at nobody: nobody can be told apart, and everybody counts as known")


def print_preview(answer: TrustPreview) -> None:
    """Print how many accounts are known with and without a person, and the largest moves."""
    name = escape_text(answer.name)
    console.print(
        f"{answer.day} without {name} as a seed: {answer.known_after:,} known accounts instead of "
        f"{answer.known_before:,}; {answer.changed:,} scores differ",
        soft_wrap=True,
    )
    if not answer.moves:
        return
    table = new_table("largest moves", "person", "with>", "without>", "difference>")
    for move in answer.moves:
        table.add_row(escape_text(move.name), f"{move.before:.1f}", f"{move.after:.1f}", f"{move.difference:+z.1f}")
    console.print(table)


def print_reviews(answers: Sequence[Review]) -> None:
    """Print requests for reviews with their answers."""
    table = new_table("", "number>", "person", "day", "message", "answer")
    for review in answers:
        table.add_row(
            str(review.number),
            escape_text(review.name),
            review.requested_at[:10],
            escape_text(review.message),
            escape_text(review.answer) or "open",
        )
    console.print(table if answers else "nobody asked for a review")
