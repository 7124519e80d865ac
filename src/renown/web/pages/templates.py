"""Render Jinja templates as pages, formatted for the reader's locale."""

from collections.abc import Callable
from datetime import date
from functools import cache, partial
from typing import Any
from urllib.parse import quote, urlencode

from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse

from renown.answers import HORIZON_DAYS, Changes, count_days_left, post_url
from renown.answers.explain.change_summary import describe_change
from renown.answers.signal_words import signal_word
from renown.answers.simulate.forecast import format_odds
from renown.text import ordinal
from renown.web.identities import full_name
from renown.web.pages import formatting, static
from renown.web.state import get_app_state

_PAGE_PARAMETERS = {"who", "network", "day", "since", "after", "q"}
"""Query parameters that choose what a page shows; others, such as those of trackers, do not make another page."""


def render(request: Request, template: str, *, status: int = 200, **context: Any) -> HTMLResponse:
    """
    Render a page.

    Parameters
    ----------
    request : Request
    template : str
        File name in the folder ``templates``.
    status : int
    **context
        Variables of the template. Everything is HTML-escaped. `identities` has the display names and pictures of the
        people on the page, by their names.
    """
    locale = formatting.choose_locale(request)
    state, formatters = get_app_state(request), formatting.build_formatters(locale)
    html = render_template(
        template,
        **formatters,
        locale_tag=str(locale).replace("_", "-"),
        change_sentence=partial(_describe_change, formatters["day_of_year"]),
        current_path=request.url.path,
        canonical_path=build_canonical_path(request),
        url=state.settings.url.rstrip("/"),
        operator_name=state.operator.name,
        today=state.now().date(),
        **{"identities": {}, **context},
    )
    return HTMLResponse(html, status, {"Vary": "Accept-Language", "Content-Language": "en"})


def build_canonical_path(request: Request) -> str:
    """Return the path of a page with the parameters that make it another page, in a fixed order."""
    page_parameters = sorted(
        (name, value) for name, value in request.query_params.multi_items() if name in _PAGE_PARAMETERS
    )
    return quote(request.url.path) + (f"?{urlencode(page_parameters)}" if page_parameters else "")


def _describe_change(format_day: Callable[[date], str], changes: Changes) -> str:
    """Say in one sentence why a score changed, with days in the reader's English."""
    first_day, last_day = map(date.fromisoformat, (changes.first_day, changes.last_day))
    return describe_change(changes.causes, first_day, last_day, changes.move, format_day=format_day)


def render_template(template: str, **context: Any) -> str:
    """Render a template without a request."""
    return _load_environment().get_template(template).render(context)


@cache
def _load_environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("renown.web.pages"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    functions = (
        formatting.person_path,
        full_name,
        ordinal,
        formatting.initials,
        formatting.avatar_colour,
        formatting.pluralize,
        formatting.network_label,
        formatting.network_icon,
        formatting.profile_url,
        signal_word,
        format_odds,
        formatting.post_label,
        post_url,
        count_days_left,
    )
    environment.globals |= {"static": static.static_url, "horizon_days": HORIZON_DAYS}
    environment.globals |= {function.__name__: function for function in functions}
    return environment
