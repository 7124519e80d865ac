"""Lines of a receipt: an actor, a post or a sum over several, and which actors are named."""

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace

from renown.answers.explain.ledger_rows import Discount
from renown.answers.explain.receipt import SignalPoints

MIN_UNNAMED_PEOPLE = 3
"""Minimum people that a line of unnamed actors stands for, if the signal has as many."""
_ACTOR_KINDS = ("actor", "others", "forgotten")
"""Kinds of lines that are people, or sums over people."""
_LISTED_KINDS = ("actor", "post", "account")
"""Kinds of lines of which only the largest are listed."""


@dataclass(frozen=True, kw_only=True)
class ReceiptLine:
    """One line of a signal's receipt: an actor, a post, or a sum over several."""

    kind: str
    """`actor` or `post`, or a sum: `account` (acts on the account itself), `others` (those beyond the listed
    ones), `unknown` (actors known only as a number), `self_reported` (counts that the owner provided), `profile`
    (followers or lists), `forgotten` (counted on that day, no longer in the lake)."""
    name: str
    """``network:handle`` of an actor; only the network for the line that sums all redacted actors; id of a post; empty
    for another sum."""
    count: int
    """Number of acts; for `others`, number of actors or posts."""
    received: float
    """In the signal's unit: trusted people, followers, lists."""
    points: float
    account: int = 0
    """Account key of the actor; 0 if the line is not an actor, or is redacted."""
    acts: int = 0
    """Number of acts behind a line `others` of a receipt, whose `count` is the number of actors or posts."""
    posted_at: str | None = None
    """UTC instant of the post, by its id, else of the first reaction in the window; None if neither is known."""
    title: str | None = None
    """Name of the post, such as that of a repository, if it has one."""
    url: str | None = None
    """http or https URL of the post; None if it is unknown."""

    def anonymize(self, keys: AbstractSet[int]) -> "ReceiptLine":
        """Return a copy without the name if the line is one of these accounts."""
        return replace(self, kind="forgotten", name="", account=0) if self.account in keys else self

    def rename(self, names: Mapping[int, str]) -> "ReceiptLine":
        """Return a copy with the name of an account, by its key."""
        return replace(self, name=names.get(self.account, "")) if self.account else self


@dataclass(frozen=True)
class SignalReceipt:
    """Points of one signal of one account, split once by actors and once by posts."""

    subject: SignalPoints
    actors: tuple[ReceiptLine, ...]
    """Their points sum to the signal's."""
    posts: tuple[ReceiptLine, ...]
    """Their points sum to the signal's."""
    discounts: tuple[Discount, ...] = ()
    """What counts only in part, largest first; empty for methods without a ledger."""

    def anonymize(self, keys: AbstractSet[int]) -> "SignalReceipt":
        """Return a copy without the names of these accounts."""
        return replace(self, actors=tuple(line.anonymize(keys) for line in self.actors))

    def rename(self, names: Mapping[int, str], own_names: Mapping[str, str]) -> "SignalReceipt":
        """Return a copy with the names of accounts by their key, and of the person's own by their former name."""
        return replace(
            self, subject=self.subject.rename(own_names), actors=tuple(line.rename(names) for line in self.actors)
        )

    def shorten(self, top: int) -> "SignalReceipt":
        """Return a copy that lists fewer actors and posts; the rest is one line."""
        return replace(self, actors=_shorten_lines(self.actors, top), posts=_shorten_lines(self.posts, top))

    def redact_names(self, allowed_names: AbstractSet[str]) -> "SignalReceipt":
        """Return a copy that keeps only the allowed names of actors."""
        return replace(
            self,
            actors=redact_actors(self.actors, allowed_names, self.subject.network),
            discounts=tuple(discount for discount in self.discounts if not 0 < discount.accounts < MIN_UNNAMED_PEOPLE),
        )


def _shorten_lines(lines: Sequence[ReceiptLine], top: int) -> tuple[ReceiptLine, ...]:
    """List the first actors or posts only, and sum the others into one line."""
    listed = [line for line in lines if line.kind in _LISTED_KINDS]
    if len(listed) <= top:
        return tuple(lines)
    sums = [line for line in lines if line.kind not in _LISTED_KINDS]
    unlisted = [*listed[top:], *(line for line in sums if line.kind == "others")]
    others = ReceiptLine(
        kind="others",
        name="",
        count=sum(line.count if line.kind == "others" else 1 for line in unlisted),
        received=sum(line.received for line in unlisted),
        points=sum(line.points for line in unlisted),
        acts=sum(line.acts if line.kind == "others" else line.count for line in unlisted),
    )
    return (*listed[:top], others, *(line for line in sums if line.kind != "others"))


def redact_actors(
    lines: Sequence[ReceiptLine], allowed_names: AbstractSet[str], network: str
) -> tuple[ReceiptLine, ...]:
    """
    Sum all actors of a signal that must not be named into one line.

    One line each would tell, for whoever knows who reacted in public, what every one of them weighs. So does the line
    of too few people: then those who contributed least of the others join it.

    Parameters
    ----------
    lines : sequence of ReceiptLine
        The actors of one signal, largest contribution first.
    allowed_names : set of str
        Names of the actors that may be named.
    network : str
    """
    named = [line for line in lines if line.kind == "actor" and line.name in allowed_names]
    unnamed = [line for line in lines if line.kind in _ACTOR_KINDS and line not in named]
    if not unnamed or _is_anonymous_sum(unnamed, named):
        return tuple(lines)
    while named and sum(map(_count_people, unnamed)) < MIN_UNNAMED_PEOPLE:
        unnamed.append(named.pop())
    total = ReceiptLine(
        kind="actor",
        name=network,
        count=sum(max(line.acts, line.count) if line.kind == "others" else line.count for line in unnamed),
        received=sum(line.received for line in unnamed),
        points=sum(line.points for line in unnamed),
    )
    return (*named, total, *(line for line in lines if line.kind not in _ACTOR_KINDS))


def _is_anonymous_sum(unnamed: Sequence[ReceiptLine], named: Sequence[ReceiptLine]) -> bool:
    """Return whether the unnamed lines are a single sum already, of enough people or without anybody to join it."""
    return (
        len(unnamed) == 1
        and unnamed[0].kind != "actor"
        and (not named or _count_people(unnamed[0]) >= MIN_UNNAMED_PEOPLE)
    )


def _count_people(line: ReceiptLine) -> int:
    """Count the people of a line; those who were erased may be none or one."""
    return {"actor": 1, "others": line.count}.get(line.kind, 0)
