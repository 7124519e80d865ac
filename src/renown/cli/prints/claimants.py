"""What the command line prints of people: what they claimed, what proves it, what is held of them."""

from collections.abc import Sequence

from renown.answers import Claimant, Held
from renown.cli.prints import console, new_table, plain
from renown.jobs.prove import Finding
from renown.jobs.wishes import Granted
from renown.store import PROOFS, Person


def claims(person: Person) -> None:
    """Print what a person claimed."""
    owned = ", ".join(
        plain(f"{claim.network}:{claim.account_id}") + ("" if claim.proven else " (not proven)")
        for claim in person.claims
    )
    console.print(f"{plain(person.name)} owns {owned}")


def roster(answers: Sequence[Claimant]) -> None:
    """Print who claimed what, with what proves it."""
    table = new_table("", "person", "consent", "account", "proof")
    for one in answers:
        name, consent = plain(one.name), f"{one.consent} {one.consent_at[:10]}"
        for owned in one.accounts:
            proof = owned.proof if owned.proven else f"not proven ({owned.proof})" if owned.proof else "not proven"
            table.add_row(name, consent, plain(f"{owned.network}:{owned.handle}"), proof)
            name = consent = ""
    console.print(table)


def to_prove(person: Person, page: str) -> None:
    """Print what each unproven account is to say."""
    for claim in person.claims:
        if not claim.proven:
            account, link = (
                plain(f"{claim.network}:{claim.account_id}"),
                f", or a link to {plain(page)}" if page else "",
            )
            console.print(f"{account}: put {claim.token} into its profile{link}", soft_wrap=True)


def findings(answers: Sequence[Finding]) -> None:
    """Print what proves each claim, or what is missing."""
    for one in answers:
        why = PROOFS[one.proof] if one.proof else plain(one.said) or "its profile shows neither the token nor the link"
        console.print(
            f"{plain(f'{one.network}:{one.name}')}: {'proven' if one.proof else 'not proven'}, {why}", soft_wrap=True
        )


def held(answer: Held) -> None:
    """Print how much each table holds of somebody."""
    table = new_table(f"held of {plain(answer.who)}", "table", "rows>")
    for one in answer.holdings:
        table.add_row(plain(one.name), f"{one.rows:,}")
    console.print(table)


def granted(answers: Sequence[Granted]) -> None:
    """Print what came of people's wishes."""
    for one in answers:
        console.print(f"{one.kind}: {plain(one.said) or 'done'}", soft_wrap=True)
    if not answers:
        console.print("nobody wishes anything that is not done, or another process is at it")
