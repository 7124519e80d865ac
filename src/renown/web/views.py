"""Views: what routes tell of a site, whichever way it is written, as JSON or as a page."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack
from datetime import date

from renown import answers
from renown.answers import BoardPage, Changes, Explanation, Place, Portrait, Trial, Tryout, Twin, Way, WhatIf
from renown.answers.standing import no_score
from renown.errors import UnknownWho
from renown.store import Name, Published, PublishedDay, ServedScore
from renown.web.asked import MOST
from renown.web.shapes import Account, Compared, Influence, People, Person, Score
from renown.web.site import Site


def people(site: Site, *, after: tuple[int, int], limit: int) -> People:
    """Return a page of people by rank, after a place that a page before named."""
    found = site.served.claimed(limit + 1, after=after)
    more = _cursor(found[limit - 1]) if len(found) > limit else None
    return People([Score.of(one) for one in found[:limit] if site.may_show(one.key)], more)


def search(site: Site, text: str, *, network: str | None, limit: int) -> list[Score]:
    """Return people whose names on any network, or here, begin so."""
    if "\0" in text + (network or ""):
        return []
    named = [] if network else [site.served.by_name(text)]
    keys = site.portraits.search(text, network=network, limit=limit)
    found = {one.key: one for one in (*named, *map(site.served.find, keys)) if one and site.may_show(one.key)}
    return [Score.of(one) for one in found.values()][:limit]


def compared(site: Site, asked: list[str]) -> Compared:
    """Return people side by side."""
    found = [site.find(who) for who in asked]
    drawn = [site.portrait(one) for one in found]
    cuts = [answers.shares(one.explanation.receipt) for one in drawn]
    return Compared(
        [Score.of(one) for one in found],
        [answers.history(site.served, one.key) for one in found],
        [{share.name: share.points for share in cut.signals} for cut in cuts],
        [one.known_range for one in drawn],
    )


def explanation(site: Site, of: ServedScore, day: date | None = None) -> Explanation:
    """
    Return what somebody's score is made of, on the served day or another.

    Raises
    ------
    UnknownWho
        If they have no score that day.
    """
    if day is None or day == of.day:
        return site.portrait(of).explanation
    drawn = site.drawn(of, day)
    if drawn is None:
        msg = f"{of.name} has no score on {day}; /api/people/{of.name}/history lists the days that have one"
        raise UnknownWho(msg)
    return site.discreet(drawn).explanation


def changes(site: Site, of: ServedScore, day: date | None = None, since: date | None = None) -> Changes:
    """Return why somebody's score moved from one published day, the one before without `since`, to another."""
    last = site.days.find(day)
    return site.changes(of, site.days.find(since) if since else site.days.before(last), last)


def way(site: Site, of: ServedScore, target: float) -> Way:
    """Return what would reach a score, how likely that is, and what is left if nothing more comes."""
    ground, past = site.ground(of), site.served.history(of.key, answers.TREND_DAYS + 1)
    with site.session() as engine:
        return answers.way(of.name, of.score, ground, past, engine, target=target)


def what_if(site: Site, of: ServedScore, changes: list[str]) -> WhatIf:
    """Return somebody's score if some of what they get were more or less."""
    read, ground = [answers.read_change(text) for text in changes], site.ground(of)
    with site.session() as engine:
        return answers.what_if(of.name, of.score, ground, read, engine)


def twin(site: Site, of: ServedScore, target: float) -> Twin:
    """Return who is most like somebody and has reached a score."""
    return answers.twin(
        of,
        site.boards.crowd(),
        site.seen,
        lambda one: site.portrait(one).explanation.receipt,
        target=target,
        hidden=site.hidden(),
    )


def leaders(site: Site, network: str | None, *, after: tuple[int, int], limit: int) -> BoardPage:
    """
    Return who leads on a network, or over all, among those who may be shown.

    Raises
    ------
    NotPublished
        If no day is served yet.
    """
    day = site.served.day()
    if day is None:
        raise no_score(None)
    places = _overall(site, after) if network is None else _there(site, network, after)
    return answers.board_page(day, network, places, limit=limit)


def influence(of: ServedScore, drawn: Portrait) -> Influence:
    """Return who moves somebody and whom they move."""
    return Influence(
        of.name,
        list(drawn.influencers.people),
        list(drawn.influencees.people),
        drawn.influencers.count,
        drawn.influencees.count,
    )


def person(site: Site, of: ServedScore, drawn: Portrait) -> Person:
    """Return a person: score, accounts, how far the score moved, how they take part."""
    moved = site.served.changes(of.key)
    owner = site.people.by_key(of.key)
    names = {(one.network, one.account_id): one.shown for one in _ids_first(site.portraits.names(of.key))}
    accounts = [
        Account(
            claim.network,
            names.get((claim.network, claim.account_id), claim.account_id),
            claim.account_id,
            claim.proven,
            claim.proof,
        )
        for claim in (owner.claims if owner else ())
    ]
    return Person(
        Score.of(of),
        accounts,
        dict(zip(("day", "week", "month"), moved.values(), strict=True)),
        drawn.reach,
        drawn.amplification,
        drawn.network,
        drawn.manner.style(),
        answers.shares(drawn.explanation.receipt),
        drawn.known_range,
    )


def trial(site: Site, asked: Mapping[str, str], *, who: str | None = None, limit: int = answers.SHOWN) -> Trial:
    """
    Return the ranking of those who are shown by other weights.

    Parameters
    ----------
    site : Site
    asked : mapping of str to str
        Signal to what its weight is to be multiplied by, as it was written.
    who : str, optional
        Somebody to tell of, wherever they stand.
    limit : int
        People listed.

    Raises
    ------
    BadInput
        If a number is none, or there is no such signal.
    UnknownWho
        If nobody who is shown goes by `who`.
    """
    found = site.find(who).key if who else None
    people = {one.key: one.name for one in site.listed()}
    day = site.days.find(site.served.day())
    with site.tryouts.use(day, frozenset(people), lambda: _tryout(site, day, people)) as tryout:
        return answers.trial(tryout, people, answers.times_of(tryout.method, asked), asked=found, limit=limit)


def _tryout(site: Site, day: PublishedDay, people: Iterable[int]) -> Tryout:
    with ExitStack() as left, Published(day) as published:
        engine = left.enter_context(site.reader())
        tryout = Tryout(engine, site.lake, published, people)
        # It is the tryout's from here on; a day that cannot be tried leaves nothing open.
        left.pop_all()
        return tryout


def _ids_first(names: list[Name]) -> list[Name]:
    return sorted(names, key=lambda one: one.shown != one.account_id)


def _cursor(last: ServedScore) -> str:
    return f"{last.rank}:{last.key}"


def _overall(site: Site, after: tuple[int, int]) -> Iterator[tuple[Place, ServedScore]]:
    read = site.served.leaders if site.everyone else site.served.claimed
    hidden = site.hidden()
    for place, one in answers.overall_places(lambda behind: read(MOST, after=behind), after):
        if one.key not in hidden and site.may_show(one.key):
            yield place, one


def _there(site: Site, network: str, after: tuple[int, int]) -> Iterator[tuple[Place, ServedScore]]:
    hidden = site.hidden()
    for place in site.boards.board(network, everyone=site.everyone).after(*after):
        if place.key not in hidden and (one := site.seen(place.key)):
            yield place, one
