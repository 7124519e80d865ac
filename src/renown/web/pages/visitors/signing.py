"""Signing in: a visitor proves an account, and is whose it is."""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, TypeVar, cast

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from renown.errors import AccountGone, BadInput, BadSettings, BudgetSpent, NetworkBusy, NetworkRefused
from renown.store import Proving, Session
from renown.web.limits import address_of
from renown.web.pages.spoken import network as spoken_network
from renown.web.pages.visitors.mine import back, page_of, shown, signed_in
from renown.web.pages.visitors.visit import Visitor, let_in, let_out
from renown.web.site import site_of

if TYPE_CHECKING:
    from renown.web.pages.visitors.asks import Asks

Answer = TypeVar("Answer")
Fields = Mapping[str, str]

LONGEST = 1_024
"""Characters of an account's id that are kept."""
_UNSEEN = (
    "The token is not in that profile yet. Networks may take a minute to show what was changed; "
    "put it in, save the profile, and look again."
)


def begin(request: Request, visitor: Visitor, fields: Fields) -> Response:
    """Give a visitor a token for an account that they say is theirs."""
    site = site_of(request)
    network, typed = fields.get("network", ""), fields.get("name", "").strip()
    with _asking(request, visitor, site.desk.server(network, typed)):
        found = _asked(network, lambda: site.desk.find(network, typed))
    if max(len(found.account_id), len(found.handle or "")) > LONGEST:
        msg = f"the id of that account is longer than {LONGEST} characters, and cannot be kept"
        raise BadInput(msg)
    sessions, now = site.desk.home.sessions, site.now()
    secret, session = (visitor.secret, visitor.session) if visitor.session else sessions.begin(at=now)
    assert session is not None  # noqa: S101 - it was begun, if there was none
    sessions.ask(session, network, found.account_id, found.handle or found.account_id, at=now)
    if session.key is None:
        secret = sessions.renew(session, at=now)
    return let_in(request, back(), secret)


def check(request: Request, visitor: Visitor, fields: Fields) -> Response:
    """Ask the network whether the account says the token; then its owner is signed in, or has one account more."""
    site, session = site_of(request), session_of(visitor)
    one = _proving(session, fields)
    if not one.proof:
        page = page_of(site, signed_in(site, session))
        with _asking(request, visitor, site.desk.server(one.network, one.handle)):
            proof = _asked(
                one.network, lambda: site.desk.look(one.network, one.account_id, one.handle, one.token, page)
            )
        if not proof:
            return shown(request, visitor, problem=_UNSEEN)
        site.desk.home.sessions.proved(session, one.network, one.account_id, proof, at=site.now())
    else:
        proof = one.proof
    return _settle(request, session, one, proof)


def name(request: Request, visitor: Visitor, fields: Fields) -> Response:
    """Let who proved an account that is nobody's be a person with a name of their choice."""
    site, session = site_of(request), session_of(visitor)
    one = proven(session, fields)
    if session.key is not None:
        return _settle(request, session, one, one.proof)
    request.app.state.asks.naming(session.digest, site.now().timestamp())
    # Somebody may have become them in another browser meanwhile.
    if site.desk.settling.enter(one.network, one.account_id, one.proof, at=site.now()) is None:
        account = (one.network, one.account_id)
        if fields.get("back"):
            site.desk.home.people.opt_outs.remove(*account)
        site.desk.settling.found(fields.get("name", ""), *account, one.proof, at=site.now())
    return _settle(request, session, one, one.proof)


def come_back(request: Request, visitor: Visitor, fields: Fields) -> Response:
    """Let somebody have an account of theirs again that was left alone at its owner's wish."""
    site, session = site_of(request), session_of(visitor)
    one = proven(session, fields)
    if session.key is None:
        msg = "nobody is signed in here; choose a name for your page first"
        raise BadInput(msg)
    site.desk.home.people.opt_outs.remove(one.network, one.account_id)
    return _settle(request, session, one, one.proof)


def drop(request: Request, visitor: Visitor, fields: Fields) -> Response:
    """Prove an account no more."""
    one = _proving(session_of(visitor), fields)
    site_of(request).desk.home.sessions.drop(session_of(visitor), one.network, one.account_id)
    return back()


def out(request: Request, visitor: Visitor, fields: Fields) -> Response:
    """Sign out, here or everywhere."""
    site = site_of(request)
    if visitor.session:
        site.desk.home.sessions.end(visitor.session)
        if fields.get("everywhere") and visitor.session.key is not None:
            site.desk.home.sessions.end_all(visitor.session.key)
    return let_out(request, back())


def _settle(request: Request, session: Session, one: Proving, proof: str) -> Response:
    """Let a proven account decide who is signed in; its token is spent then."""
    site = site_of(request)
    sessions, now = site.desk.home.sessions, site.now()
    if session.key is not None:
        site.desk.settling.take(session.key, one.network, one.account_id, proof, at=now)
        sessions.drop(session, one.network, one.account_id)
        site.desk.welcome()
        return back()
    person = site.desk.settling.enter(one.network, one.account_id, proof, at=now)
    if person is None:
        return back()
    sessions.drop(session, one.network, one.account_id)
    site.desk.welcome()
    return let_in(request, back(), sessions.sign_in(session, person.key, at=now))


def _asking(request: Request, visitor: Visitor, server: str) -> AbstractContextManager[None]:
    host = request.client.host if request.client else ""
    session = visitor.session.digest if visitor.session else ""
    now = site_of(request).now().timestamp()
    return cast("Asks", request.app.state.asks).asking(session, address_of(host), server, now)


def _asked(network: str, work: Callable[[], Answer]) -> Answer:
    """
    Return what a network says; what else came of asking it is told in words that tell nothing of our own network.

    Raises
    ------
    BadInput
        If there is nobody, or nothing that can be asked.
    HTTPException
        If the network does not answer now.
    """
    shown_as = spoken_network(network)
    try:
        return work()
    except AccountGone:
        msg = f"{shown_as} knows nobody of that name, or not any more; write it as it stands in the profile's address"
        raise BadInput(msg) from None
    except (NetworkRefused, BadSettings):
        msg = f"{shown_as} does not say who that is; write the name as it stands in the profile's address"
        raise BadInput(msg) from None
    except (NetworkBusy, BudgetSpent):
        raise HTTPException(503, f"{shown_as} does not answer now. Try again in a minute.") from None


def session_of(visitor: Visitor) -> Session:
    """
    Return a visitor's session.

    Raises
    ------
    BadInput
        If they have none, or none any more.
    """
    if visitor.session is None:
        msg = "you are signed out by now; say which account is yours"
        raise BadInput(msg)
    return visitor.session


def _proving(session: Session, fields: Fields) -> Proving:
    return session.proving(fields.get("network", ""), fields.get("account", ""))


def proven(session: Session, fields: Fields) -> Proving:
    """
    Return the account of a form, which its session proved.

    Raises
    ------
    BadInput
        If it did not.
    """
    one = _proving(session, fields)
    if not one.proof:
        msg = "that account does not show yet that it is yours; put the token into its profile first"
        raise BadInput(msg)
    return one
