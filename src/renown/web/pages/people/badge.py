"""Score badge: a small SVG picture to embed on other sites."""

import hashlib
from base64 import b64encode
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

from renown import answers
from renown.answers import Certainty
from renown.store import ServedScore
from renown.web.certainties import load_certainties
from renown.web.pages.charts.text import text_width
from renown.web.pages.formatting import DEFAULT_LOCALE, build_formatters
from renown.web.pages.templates import render_template
from renown.web.people import find_by_name
from renown.web.ranks import compute_top_percent
from renown.web.state import get_app_state

PICTURE_CACHE_CONTROL = "public, max-age=300"
"""Caching of pictures: short, so that people who opt out disappear soon."""
BADGE_CSS = (
    "rect{fill:#211d26}.v{fill:#ad3410}text{fill:#fff;font:11px 'Noto Sans','DejaVu Sans',Verdana,sans-serif}"
    ".b{font-weight:700}@media(prefers-color-scheme:dark){rect{fill:#f1ece4}.v{fill:#ff9c70}text{fill:#211d26}}"
)
BADGE_CSS_HASH = f"'sha256-{b64encode(hashlib.sha256(BADGE_CSS.encode()).digest()).decode()}'"
"""Content-Security-Policy source that allows this inline style, and no other."""
_LABEL_TEXT = "renown"
_FONT_SIZE, _PADDING = 11, 7.0


@dataclass(frozen=True)
class BadgeHalf:
    """One half of the badge: text and its position, in pixels."""

    text: str
    start: float
    width: float
    """Width of the half."""
    text_start: float
    text_width: float
    """Width to which the text is stretched, whatever font the reader has."""


def serve_badge(request: Request) -> Response:
    """Serve a person's badge."""
    state = get_app_state(request)
    served_score = find_by_name(state, request.path_params["who"])
    certainty = load_certainties(state, [served_score])[served_score.name]
    body = render_badge(served_score, answers.describe_top(compute_top_percent(state, served_score)), certainty)
    return Response(body, headers={"Cache-Control": PICTURE_CACHE_CONTROL}, media_type="image/svg+xml")


def render_badge(served_score: ServedScore, rank_text: str, certainty: Certainty) -> str:
    """Render a badge as SVG; a score without enough data is marked by a question mark."""
    formatters = build_formatters(DEFAULT_LOCALE)
    score_text = formatters["number"](served_score.score)
    label = _build_half(_LABEL_TEXT, "regular", 0.0)
    value = _build_half(score_text + ("" if certainty.has_enough_data else "?"), "bold", label.width)
    return render_template(
        "badge.svg",
        **formatters,
        style=BADGE_CSS,
        # XML cannot contain most control characters, not even escaped.
        name="".join(filter(str.isprintable, served_score.name)),
        day_scored=served_score.day,
        score=score_text,
        rank_text=rank_text,
        certainty=certainty,
        label=label,
        value=value,
        width=round(label.width + value.width, 1),
    )


def _build_half(label: str, weight: str, start: float) -> BadgeHalf:
    label_width = round(text_width(label, weight, _FONT_SIZE), 1)
    return BadgeHalf(label, start, round(label_width + 2 * _PADDING, 1), round(start + _PADDING, 1), label_width)
