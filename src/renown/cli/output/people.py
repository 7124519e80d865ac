"""Print people: claims, proofs, personal data, privacy requests."""

from __future__ import annotations

from collections.abc import Container, Sequence
from typing import TYPE_CHECKING

from renown.cli.output import console, escape_text, new_table
from renown.text import plural

if TYPE_CHECKING:
    from renown.answers import VisiblePerson
    from renown.privacy import PersonalData
    from renown.runs.add_people import AddedPerson
    from renown.runs.first_scores import FirstScoreResult
    from renown.runs.privacy_requests import RequestResult
    from renown.runs.verify import VerificationResult
    from renown.store import Person


def print_claims(person: Person) -> None:
    """Print the accounts that a person claimed."""
    accounts = ", ".join(
        escape_text(f"{claim.network}:{claim.account_id}") + ("" if claim.is_verified else " (not proven)")
        for claim in person.claims
    )
    console.print(f"{escape_text(person.name)} owns {accounts or 'no account'}")


def print_added(rows: Sequence[AddedPerson]) -> None:
    """Print how many people were added, and why others were not."""
    for row in rows:
        if row.message:
            console.print(escape_text(f"line {row.line}, {row.name}: {row.message}"), style="red", soft_wrap=True)
    added = sum(not row.message for row in rows)
    console.print(f"added {added:,} of {plural(len(rows), 'person', 'people')}")


def print_people(answers: Sequence[VisiblePerson]) -> None:
    """Print people with their accounts and what proves them."""
    table = new_table("", "person", "consent", "account", "proof")
    for person in answers:
        name, consent = escape_text(person.name), f"{person.consent} {person.consent_at[:10]}"
        for account in person.accounts:
            proof = (
                account.proof if account.proven else f"not proven ({account.proof})" if account.proof else "not proven"
            )
            table.add_row(name, consent, escape_text(f"{account.network}:{account.handle}"), proof)
            name = consent = ""
    console.print(table if answers else "nobody was added yet; add people with `renown add NAME --bluesky HANDLE`")


def print_proof_instructions(person: Person, page: str, networks: Container[str]) -> None:
    """Print what to put into the profile of each account that is not proven; `networks` are those that can be read."""
    for claim in person.claims:
        if not claim.is_verified:
            account, link = (
                escape_text(f"{claim.network}:{claim.account_id}"),
                f", or a link to {escape_text(page)}" if page else "",
            )
            instruction = f"put {claim.token} into its profile{link}"
            if claim.network not in networks:
                instruction = f"cannot be proven, as renown reads no profiles of {escape_text(claim.network)}"
            console.print(f"{account}: {instruction}", soft_wrap=True)


def print_proof_results(answers: Sequence[VerificationResult]) -> None:
    """Print what proves each claim, or why nothing does."""
    from renown.store import PROOFS

    for result in answers:
        reason = (
            PROOFS[result.proof]
            if result.proof
            else escape_text(result.message) or "its profile shows neither the token nor the link"
        )
        console.print(
            f"{escape_text(f'{result.network}:{result.name}')}: {'proven' if result.proof else 'not proven'}, {reason}",
            soft_wrap=True,
        )


def print_personal_data(answer: PersonalData) -> None:
    """Print how many rows about a person each table has."""
    table = new_table(f"data about {escape_text(answer.name)}", "table", "rows>")
    for data_table in answer.tables:
        table.add_row(escape_text(data_table.name), f"{data_table.rows:,}")
    console.print(table)


def print_request_results(answers: Sequence[RequestResult]) -> None:
    """Print the outcome of privacy requests."""
    for result in answers:
        console.print(f"{result.kind}: {escape_text(result.message) or 'done'}", soft_wrap=True)
    if not answers:
        console.print("no privacy request is waiting, or another process is working on them")


def print_first_scores(answers: Sequence[FirstScoreResult]) -> None:
    """Print which first scores were computed, and why others were not."""
    from renown.store.first_scores import PROBLEMS

    for result in answers:
        text = PROBLEMS[result.problem] if result.problem else "first score computed"
        console.print(f"{escape_text(result.name)}: {text}", soft_wrap=True)
    if not answers:
        console.print("nobody waits for a first score, or another process is working on them")
