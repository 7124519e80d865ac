"""Leaving: what is held of a visitor, handed out, hidden or erased."""

from collections.abc import Iterator, Mapping
from itertools import chain

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from renown import answers
from renown.answers import Who
from renown.answers.held import Accounts
from renown.engines.duckdb import DuckDB
from renown.errors import BadInput
from renown.store import ERASE, OPT_OUT, Person, Session
from renown.web.pages.render import render
from renown.web.pages.visitors.mine import HERE, back, signed_in
from renown.web.pages.visitors.signing import proven, session_of
from renown.web.pages.visitors.visit import Visitor, let_out, visitor_of
from renown.web.site import Site, site_of

Fields = Mapping[str, str]
NOBODY = 0
"""Key of no person."""


def held(request: Request) -> Response:
    """Show how much every table holds of a visitor."""
    site, visitor = site_of(request), visitor_of(request)
    if visitor.session is None:
        return back()
    person = signed_in(site, visitor.session)
    with request.app.state.asks.downloading(visitor.session.digest, site.now().timestamp()), site.reader() as engine:
        told = answers.held(*_subject(site, visitor.session, engine), site.desk.home, engine)
    unproven = [claim for claim in person.claims if not claim.proven] if person else []
    return render(request, "mine_data.html", told=told, token=visitor.form_token, unproven=unproven)


def data(request: Request, visitor: Visitor, fields: Fields) -> Response:  # noqa: ARG001 - a form has no more
    """Hand out all that is held of a visitor, as it is read."""
    pieces = _pieces(request, session_of(visitor))
    # Begun before it is answered, so that what goes wrong is said, and what was begun ends with the answer.
    whole = chain([next(pieces)], pieces)
    name = f"renown-{site_of(request).now():%Y-%m-%d}.zip"
    head = {"Content-Disposition": f'attachment; filename="{name}"'}
    return StreamingResponse(whole, media_type="application/zip", headers=head)


def opt_out(request: Request, visitor: Visitor, fields: Fields) -> Response:
    """Leave a visitor alone from here on: nothing of theirs is shown from this moment."""
    return _wish(request, visitor, fields, OPT_OUT)


def erase(request: Request, visitor: Visitor, fields: Fields) -> Response:
    """Erase a visitor who typed their name; nothing of theirs is shown from this moment, and they are signed out."""
    return _wish(request, visitor, fields, ERASE)


def opt_in(request: Request, visitor: Visitor, fields: Fields) -> Response:  # noqa: ARG001 - a form has no more
    """Collect, score and show a person again who asks for it."""
    site = site_of(request)
    person = signed_in(site, session_of(visitor))
    if person is None:
        msg = "nobody is signed in here; say which account is yours"
        raise BadInput(msg)
    if any(wish.kind == ERASE for wish in site.desk.home.wishes.of(person.key)):
        msg = "you are being erased, which cannot be stopped; come back when it is done"
        raise BadInput(msg)
    site.desk.opt_in(person)
    return back()


def wish(request: Request) -> Response:
    """Tell how far a wish is; who asked for it has its ticket, and nobody is named."""
    found = site_of(request).desk.home.wishes.find(request.path_params["ticket"])
    if found is None:
        raise HTTPException(404)
    return render(request, "mine_wish.html", wish=found, erase=found.kind == ERASE)


def _wish(request: Request, visitor: Visitor, fields: Fields, kind: str) -> Response:
    site, session = site_of(request), session_of(visitor)
    person = signed_in(site, session)
    ticket = _of_person(site, person, fields, kind) if person else _of_account(site, session, fields, kind)
    if ticket is None:
        return back()
    whose = person.key if person else (fields["network"], fields["account"])
    if request.app.state.asks.hastens(whose, site.now().timestamp()):
        site.desk.hasten()
    response = back(f"{HERE}/wishes/{ticket}")
    if kind == OPT_OUT:
        return response
    site.desk.home.sessions.end(session)
    if person:
        site.desk.home.sessions.end_all(person.key)
    return let_out(request, response)


def _of_person(site: Site, person: Person, fields: Fields, kind: str) -> str | None:
    """Keep a person's wish, and show nothing of them from here on; return its ticket, None where they have it."""
    _confirm(person.name, fields, kind)
    if kind == OPT_OUT and not person.consents:
        return None
    # Kept first: whatever happens to this process, it is granted.
    ticket = site.desk.home.wishes.add(kind, key=person.key, at=site.now())
    site.desk.hide(person)
    return ticket


def _of_account(site: Site, session: Session, fields: Fields, kind: str) -> str | None:
    """Keep the wish of who proved an account and is nobody here; return its ticket, None where they have it."""
    one = proven(session, fields)
    _confirm(one.handle, fields, kind)
    account = (one.network, one.account_id)
    if site.desk.settling.enter(*account, one.proof, at=site.now()):
        msg = "this account is a person's here by now; look at it again to be signed in as them"
        raise BadInput(msg)
    if kind == OPT_OUT and site.desk.home.people.opt_outs.has(*account):
        return None
    ticket = site.desk.home.wishes.add(kind, account=account, at=site.now())
    # Whoever only said that it is theirs would bring it back with the rest of what is theirs.
    site.desk.settling.release(*account)
    site.desk.home.people.opt_outs.add(*account)
    return ticket


def _confirm(name: str, fields: Fields, kind: str) -> None:
    if kind == ERASE and fields.get("confirm", "").strip() != name:
        msg = f"to be erased, type {name!r} as it stands here; nothing was erased"
        raise BadInput(msg)


def _subject(site: Site, session: Session, engine: DuckDB) -> tuple[Who, Accounts]:
    """Return whose data a visitor may have: what they proved, and no more."""
    person = signed_in(site, session)
    if person:
        return answers.proven(person, engine, site.desk.home)
    accounts: dict[tuple[str, str], int | None] = {}
    for one in session.accounts:
        if one.proof:
            found = answers.alone(one.network, one.account_id, engine, site.lake)
            accounts[one.network, one.account_id] = found.key if found else None
    names = ", ".join(f"{one.network}:{one.handle}" for one in session.accounts if one.proof)
    known = tuple((network, key) for (network, _), key in accounts.items() if key is not None)
    return Who(NOBODY, names, known), accounts


def _pieces(request: Request, visitors: Session) -> Iterator[bytes]:
    site = site_of(request)
    with request.app.state.asks.downloading(visitors.digest, site.now().timestamp()), site.reader() as engine:
        asked, accounts = _subject(site, visitors, engine)
        yield from answers.bundle(asked.name, answers.parts(asked, accounts, site.desk.home, engine), at=site.now())
