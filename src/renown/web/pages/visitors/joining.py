"""Joining: a signed-in person comes into a group, and leaves it."""

from collections.abc import Mapping

from starlette.requests import Request
from starlette.responses import Response

from renown.errors import BadInput
from renown.store import Person
from renown.web.pages.visitors.mine import back, signed_in
from renown.web.pages.visitors.visit import Visitor
from renown.web.site import Site, site_of


def join(request: Request, visitor: Visitor, fields: Mapping[str, str]) -> Response:
    """Let a person into a group, by their claims or by an invitation; they start with the score that is served."""
    site = site_of(request)
    person = _person(site, visitor)
    if not person.consents:
        msg = "you asked to be left alone, and a group shows your score; come back first"
        raise BadInput(msg)
    site.groups.join(
        fields.get("group", ""),
        person,
        at=site.now(),
        invitation=fields.get("invitation", "").strip() or None,
        latest=site.served.find(person.key),
    )
    return back()


def leave(request: Request, visitor: Visitor, fields: Mapping[str, str]) -> Response:
    """Let a person out of a group."""
    site = site_of(request)
    site.groups.leave(fields.get("group", ""), _person(site, visitor), at=site.now())
    return back()


def _person(site: Site, visitor: Visitor) -> Person:
    person = signed_in(site, visitor.session)
    if person is None:
        msg = "nobody is signed in here; say which account is yours"
        raise BadInput(msg)
    return person
