"""My data: the page of a visitor, whoever they are proven to be."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from renown import answers
from renown.answers.groups import GroupLine, Standing
from renown.errors import NotInvited, RenownError
from renown.store import Person, Session, Wish
from renown.store.sessions import TOKEN
from renown.web.pages.render import render
from renown.web.pages.spoken import path
from renown.web.pages.visitors.visit import Visitor, visitor_of
from renown.web.refusals import status_of
from renown.web.site import Site, site_of

HERE = "/me"
LONGEST_NAME = 300
"""Characters of a name that a form keeps."""


@dataclass(frozen=True)
class Claimed:
    """An account of a person, as their page shows it."""

    network: str
    name: str
    account_id: str
    proof: str
    """One of `PROOFS`; empty where nothing is said for it."""
    proven: bool


@dataclass(frozen=True)
class Place:
    """A group that a person is in, or may join."""

    group: GroupLine
    row: Standing | None
    """Where they stand; None where they are not in it."""


def mine(request: Request) -> Response:
    """Show a visitor what is theirs, and what they can do; a stranger how to say who they are."""
    return shown(request, visitor_of(request))


def again(_request: Request) -> Response:
    """Lead to the page whose form was sent to this address."""
    return back()


def shown(
    request: Request,
    visitor: Visitor,
    *,
    status: int = 200,
    problem: str = "",
    fields: Mapping[str, str] | None = None,
) -> Response:
    """Return the page; above it what went wrong with a form, and in it what was typed."""
    site = site_of(request)
    person = signed_in(site, visitor.session)
    home = site.desk.home
    proving = visitor.session.accounts if visitor.session else ()
    left = [one for one in proving if one.proof and home.people.opt_outs.has(one.network, one.account_id)]
    return render(
        request,
        "mine.html",
        status=status,
        problem=problem,
        typed=_typed(fields or request.query_params, site.desk.networks),
        token=visitor.form_token,
        person=person,
        networks=site.desk.networks,
        linking=site.desk.linking,
        proving=proving,
        day_long=TOKEN,
        due=site.due(),
        step=4 if any(one.proof for one in proving) else 2 if proving else 1,
        left=left,
        page=page_of(site, person),
        accounts=_claimed(site, person) if person else [],
        score=site.served.find(person.key) if person else None,
        places=_places(site, person) if person else [],
        wishes=_wishes(home.wishes.of(person.key)) if person else [],
        sessions=home.sessions.of(person.key) if person else [],
    )


@dataclass(frozen=True)
class Typed:
    """What a visitor wrote before, so that they need not write it again."""

    network: str
    account: str
    """Name of an account on its network."""
    name: str
    """Name that they want to have here."""


def _typed(fields: Mapping[str, str], networks: Mapping[str, str]) -> Typed:
    """Return what stands in a form, or in an address that leads here from somebody who was looked up."""
    name = fields.get("name", "").strip()[:LONGEST_NAME]
    if "account" in fields:
        return Typed(fields.get("network", ""), "", name)
    # Names of some networks say their server behind an "@", as their examples do.
    alike = [each for each, example in networks.items() if _says_server(example) == _says_server(name)]
    return Typed(fields.get("network") or next(iter(alike), ""), name, "")


def _says_server(name: str) -> bool:
    return "@" in name.lstrip("@")


def signed_in(site: Site, session: Session | None) -> Person | None:
    """Return who is signed in, None where nobody is."""
    return site.desk.home.people.by_key(session.key) if session and session.key is not None else None


def page_of(site: Site, person: Person | None) -> str:
    """Return the whole address of a person's page, where the settings say where this site is; empty otherwise."""
    return f"{site.told.url.rstrip('/')}{path(person.name)}" if person and site.told.url else ""


def back(where: str = HERE) -> Response:
    """Return to a page once something is done, so that it is not done again when the page is loaded again."""
    return RedirectResponse(where, 303)


def troubled(work: Callable[..., Response]) -> Callable[..., Response]:
    """Show on the visitor's page what was wrong with a form, in place of a page of its own."""

    def done(request: Request, visitor: Visitor, fields: dict[str, str]) -> Response:
        try:
            return work(request, visitor, fields)
        except RenownError as error:
            status = 403 if isinstance(error, NotInvited) else status_of(error)
            if status is None:
                raise
            return shown(request, visitor, status=status, problem=str(error), fields=fields)

    return done


def _claimed(site: Site, person: Person) -> list[Claimed]:
    names = {(one.network, one.account_id): one.shown for one in site.portraits.names(person.key)}
    return [
        Claimed(
            claim.network,
            names.get((claim.network, claim.account_id), claim.account_id),
            claim.account_id,
            claim.proof,
            claim.proven,
        )
        for claim in person.claims
    ]


def _places(site: Site, person: Person) -> list[Place]:
    inside = {group.name for group in site.groups.of(person.key)}
    places = []
    for line in answers.group_list(site.groups).groups:
        row = None
        if line.name in inside:
            told = site.races.standings(line.name)
            row = next((row for row in told.standings if row.who == person.name), None)
        places.append(Place(line, row))
    return places


def _wishes(open_: list[Wish]) -> list[str]:
    return sorted({wish.kind for wish in open_})
