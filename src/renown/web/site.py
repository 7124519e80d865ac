"""The site: what routes read from, and who may be shown."""

from collections.abc import Callable, Iterable, Iterator
from collections.abc import Set as AbstractSet
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from functools import cached_property

from starlette.requests import Request

from renown import answers
from renown.answers import Boards, Changes, Ground, Portrait, Races, Who
from renown.answers.receipt import Line
from renown.engines.duckdb import DuckDB
from renown.errors import UnknownWho
from renown.lake import Lake
from renown.method import Method
from renown.settings import ServeSettings
from renown.store import Days, Groups, Keys, People, Portraits, Published, PublishedDay, Readings, Served, ServedScore
from renown.web.desk import Desk
from renown.web.places import Places
from renown.web.tryouts import Tryouts

_EVERYBODY = 2**31 - 1
"""More people than there are."""


@dataclass(frozen=True)
class Site:
    """Opened parts of a home, and what the settings say of showing them."""

    lake: Lake
    people: People
    days: Days
    readings: Readings
    served: Served
    portraits: Portraits
    keys: Keys
    groups: Groups
    method: Callable[[], Method]
    reader: Callable[[], DuckDB]
    """Opens a session of the engine that answers questions."""
    now: Callable[[], datetime]
    desk: Desk
    """What visitors can have done."""
    told: ServeSettings = field(default_factory=ServeSettings)
    """Whom others are shown."""
    tryouts: Tryouts = field(default_factory=Tryouts)
    """What trials of other weights start from."""
    places: Places = field(default_factory=Places)
    """Those of who has something computed."""
    due: Callable[[], datetime | None] = lambda: None
    """When the next day is published; None where nobody here knows."""

    @property
    def everyone(self) -> bool:
        """Whether accounts that nobody claimed are shown, too."""
        return self.told.visibility == "everyone"

    def find(self, asked: str) -> ServedScore:
        """
        Return the score of whom a name means: a person's, or ``network:handle`` or ``network:id``.

        Raises
        ------
        UnknownWho
            If nobody goes by it, they have no score, or they are not to be shown: the answer does not tell which.
        """
        network, colon, name = asked.partition(":")
        if not is_text(asked):
            raise unknown(asked)
        if not colon:
            found = self.served.by_name(asked)
        else:
            key = self.portraits.owner(network, name)
            found = self.served.find(key) if key else self._unclaimed(asked)
        return self.shown(found, asked)

    def shown(self, found: ServedScore | None, asked: str) -> ServedScore:
        """
        Return somebody who may be shown.

        Raises
        ------
        UnknownWho
            If they may not, as if there were nobody.
        """
        if found is None or not self.may_show(found.key):
            raise unknown(asked)
        return found

    @contextmanager
    def session(self) -> Iterator[DuckDB]:
        """
        Lend a session of the engine to who has something computed; nobody may ask for a second one meanwhile.

        Raises
        ------
        Busy
            If too many have one.
        """
        with self.places.one(), self.reader() as engine:
            yield engine

    @cached_property
    def boards(self) -> Boards:
        """Who leads where, and who is like whom, of the served day."""
        return Boards(self.reader, self.days, self.served)

    @cached_property
    def races(self) -> Races:
        """The standings of groups and challenges."""
        return Races(self.groups, self.served, self.days)

    def hidden(self) -> frozenset[int]:
        """Return the keys of people and accounts that are known not to be shown, to leave many out at once."""
        left = self.people.left()
        return left | self.people.unproven() if self.told.unproven == "hide" else left

    def seen(self, key: int) -> ServedScore | None:
        """Return the score of a key that may be shown; None for everybody else."""
        found = self.served.find(key)
        return found if found and self.may_show(key) else None

    def may_show(self, key: int) -> bool:
        """
        Tell as `answers.may_show` does, without asking it where the key says it all.

        Who opted out is not served at all; who consents is looked up only where proofs matter.
        """
        if key >= 0:
            return self.everyone
        return self.told.unproven == "mark" or answers.may_show(key, self.people, self.told)

    def listed(self) -> list[ServedScore]:
        """Return everybody who claimed an account, has a score and may be shown, by rank."""
        hidden = self.hidden()
        return [one for one in self.served.claimed(_EVERYBODY) if one.key not in hidden]

    def portrait(self, of: ServedScore) -> Portrait:
        """Return somebody's portrait of the served day; made now where none of that very score is kept ready."""
        return self.discreet(answers.kept_portrait(self.portraits, of) or self._drawn(of))

    def ground(self, of: ServedScore) -> Ground:
        """Return what somebody's way to another score is told from, as `portrait` does."""
        return answers.kept_ground(self.portraits, of) or self._drawn(of).known_ground

    def drawn(self, of: ServedScore, day: date) -> Portrait | None:
        """Return somebody's portrait of a published day, made now and as it is; None where they had no score."""
        everybody = self.people.all()
        with self.session() as engine, Published(self.days.find(day)) as published:
            return next(iter(answers.portraits([self.who(of, engine)], everybody, published, engine, self.lake)), None)

    def _drawn(self, of: ServedScore) -> Portrait:
        drawn = self.drawn(of, of.day)
        if drawn is None:
            raise unknown(of.name)  # they were taken out of the day since it was found
        return drawn

    def who(self, of: ServedScore, engine: DuckDB) -> Who:
        """Return somebody served with their accounts, as the lake knows them."""
        return answers.who(of.name, engine, self.lake, self.people)

    def networks(self, of: ServedScore) -> set[str]:
        """Return the networks on which somebody served has accounts."""
        person = self.people.by_key(of.key)
        return {network for network, _ in person.accounts} if person else {of.name.partition(":")[0]}

    def _unclaimed(self, asked: str) -> ServedScore | None:
        if not self.everyone:
            return None
        with self.session() as engine:
            return self.served.find(answers.who(asked, engine, self.lake, self.people).key)

    def discreet(self, portrait: Portrait) -> Portrait:
        """Name those alone who have a page here: others never asked to stand on somebody else's, or do no more."""
        hidden = self.hidden()
        told = portrait.without(hidden)
        named = self._named(told.explanation.actors(), hidden)
        if self.everyone:
            return replace(told, explanation=told.explanation.discreet(named))
        return told.discreet(named)

    def changes(self, of: ServedScore, first: PublishedDay, last: PublishedDay) -> Changes:
        """Return why somebody's score moved between two published days, naming those whom `portrait` would name."""
        with self.session() as engine, Published(first) as before, Published(last) as after:
            told = answers.changes(self.who(of, engine), before, after, engine, self.lake)
        return told.discreet(self._named(told.actors(), self.hidden()))

    def _named(self, actors: Iterable[Line], hidden: AbstractSet[int]) -> set[str]:
        """Return the names, as ``network:handle`` or ``network:id``, of those actors who may be named."""
        return {line.name for line in actors if line.account not in hidden and self._may_name(line.name, hidden)}

    def _may_name(self, name: str, hidden: AbstractSet[int]) -> bool:
        network, colon, account = name.partition(":")
        if self.everyone and not hidden:
            return True
        owner = self.portraits.owner(network, account) if colon else None
        return self.everyone if owner is None else owner not in hidden


def site_of(request: Request) -> Site:
    """Return the parts that routes read from."""
    site: Site = request.app.state.site
    return site


def is_text(asked: str) -> bool:
    """Return whether a name could be in a database at all: no NUL, no half of a surrogate pair."""
    return "\0" not in asked and not any("\ud800" <= letter <= "\udfff" for letter in asked)


def unknown(asked: str) -> UnknownWho:
    """Return the answer for everybody who is not shown: unknown, unclaimed or without a score."""
    shown = asked if len(asked) <= 100 else asked[:100] + "…"  # noqa: PLR2004 - a line of text
    msg = f"nobody who is shown here goes by {shown!r}; write a person's name, network:handle or network:id"
    return UnknownWho(msg)
