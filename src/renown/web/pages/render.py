"""Render: a template with what it tells, as a page in the reader's way of writing."""

from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse

from renown.answers import post_address
from renown.web.pages import spoken, static
from renown.web.site import site_of


@cache
def _templates() -> Environment:
    made = Environment(
        loader=PackageLoader("renown.web.pages"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    said = (spoken.path, spoken.count, spoken.network, spoken.post_name, post_address)
    made.globals |= {"static": static.address} | {each.__name__: each for each in said}
    return made


def render(request: Request, template: str, *, status: int = 200, **told: Any) -> HTMLResponse:
    """
    Return a page.

    Parameters
    ----------
    request : Request
    template : str
        File below ``templates``.
    status : int
    told
        What the template names. Everything is escaped where it is written.
    """
    locale = spoken.locale_of(request)
    url = site_of(request).told.url.rstrip("/")
    written = written_by(template, **spoken.spoken(locale), here=request.url.path, url=url, **told)
    return HTMLResponse(written, status, {"Vary": "Accept-Language", "Content-Language": "en"})


def written_by(template: str, **told: Any) -> str:
    """Return what a template writes."""
    return _templates().get_template(template).render(told)
