"""The badge: a person's score as a small picture for pages elsewhere."""

import hashlib
from base64 import b64encode
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

from renown import answers
from renown.store import ServedScore
from renown.web.pages.drawing.lettering import width
from renown.web.pages.render import written_by
from renown.web.pages.spoken import DEFAULT, spoken
from renown.web.site import site_of

KEPT = "public, max-age=300"
"""For so long pictures are kept without asking: who opts out is out of sight soon after."""
STYLE = (
    "rect{fill:#211d26}.v{fill:#ad3410}text{fill:#fff;font:11px 'Noto Sans','DejaVu Sans',Verdana,sans-serif}"
    ".b{font-weight:700}@media(prefers-color-scheme:dark){rect{fill:#f1ece4}.v{fill:#ff9c70}text{fill:#211d26}}"
)
STYLE_HASH = f"'sha256-{b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()}'"
"""Lets the style of the badge, and no other that stands in a page, be used where it is opened by itself."""
_LABEL = "renown"
_SIZE, _PAD = 11, 7.0


@dataclass(frozen=True)
class Half:
    """A half of the badge: text with its place."""

    said: str
    start: float
    wide: float
    """Of the half."""
    text_start: float
    text_wide: float
    """What the text is stretched to, whichever font a reader has."""


def badge(request: Request) -> Response:
    """Answer somebody's badge."""
    site = site_of(request)
    found = site.find(request.path_params["who"])
    body = drawn(found, answers.top_said(site.served.top(found.rank)))
    return Response(body, headers={"Cache-Control": KEPT}, media_type="image/svg+xml")


def drawn(found: ServedScore, place: str) -> str:
    """Return a badge as SVG."""
    told = spoken(DEFAULT)
    score = told["number"](found.score)
    label = _half(_LABEL, "regular", 0.0)
    value = _half(score, "bold", label.wide)
    return written_by(
        "badge.svg",
        **told,
        style=STYLE,
        # XML has no way to write most of what cannot be printed.
        who="".join(filter(str.isprintable, found.name)),
        day_scored=found.day,
        score=score,
        place=place,
        label=label,
        value=value,
        wide=round(label.wide + value.wide, 1),
    )


def _half(said: str, weight: str, start: float) -> Half:
    text = round(width(said, weight, _SIZE), 1)
    return Half(said, start, round(text + 2 * _PAD, 1), round(start + _PAD, 1), text)
