"""The card: what networks show beside a link to somebody's page, a picture of 1200 by 630 pixels."""

from dataclasses import dataclass
from functools import lru_cache
from io import BytesIO

from PIL import Image, ImageDraw
from starlette.requests import Request
from starlette.responses import Response

from renown import answers
from renown.store import ServedScore
from renown.web.pages.drawing.charts import spark
from renown.web.pages.drawing.lettering import fitted, font, width, written
from renown.web.pages.people.badge import KEPT
from renown.web.pages.spoken import DEFAULT, spoken
from renown.web.site import Site, site_of

WIDTH, HEIGHT = 1200, 630
"""What the Open Graph protocol's readers ask for."""
_DAYS = 90
_EDGE = 72
_PAPER, _INK, _SOFT, _LINE, _ACCENT = "#fbf8f3", "#211d26", "#655d6c", "#e3dbcf", "#ad3410"
_NAME_SIZES = (84, 72, 60, 52)
_PLOT = (690, 290, WIDTH - _EDGE, 470)
"""Left, top, right and bottom of the line, in pixels."""
_FINE = 3
"""The line is drawn so many times as large and made smaller, for it has smooth edges then."""
_STROKE, _ROOM = 6, 20
"""Pixels: how thick the line is, and around it, that its last dot is whole."""
_KEPT_CARDS = 128
"""Cards in memory, some 25 kB each."""


@dataclass(frozen=True)
class Face:
    """All that a card shows: whatever changes makes another card."""

    name: str
    score: str
    place: str
    day: str
    scores: tuple[float | None, ...]
    """A score a day, oldest first."""


def card(request: Request) -> Response:
    """Answer somebody's card."""
    site = site_of(request)
    found = site.find(request.path_params["who"])
    return Response(drawn(_face(site, found)), headers={"Cache-Control": KEPT}, media_type="image/png")


def _face(site: Site, found: ServedScore) -> Face:
    told = spoken(DEFAULT)
    past = answers.history(site.served, found.key, days=_DAYS)
    names = (found.name, *(name.shown for name in site.portraits.names(found.key)))
    return Face(
        written(names) or "Somebody",
        told["number"](found.score),
        answers.top_said(site.served.top(found.rank)),
        told["day"](found.day, "long"),
        tuple(each.score for each in past.days),
    )


@lru_cache(maxsize=_KEPT_CARDS)
def drawn(face: Face) -> bytes:
    """Return a card as PNG."""
    picture = Image.new("RGB", (WIDTH, HEIGHT), _PAPER)
    pen = ImageDraw.Draw(picture)
    pen.rectangle((0, 0, WIDTH, 14), fill=_ACCENT)
    _write(pen, "renown", (_EDGE, 96), "bold", 40)
    _write(pen, ".", (_EDGE + width("renown", "bold", 40), 96), "bold", 40, _ACCENT)
    _write(pen, face.day, (WIDTH - _EDGE - width(face.day, "regular", 30), 96), "regular", 30, _SOFT)
    name, size = fitted(face.name, "bold", _NAME_SIZES, WIDTH - 2 * _EDGE)
    _write(pen, name, (_EDGE, 205), "bold", size)
    _write(pen, face.score, (_EDGE - 8, 480), "bold", 250)
    _write(pen, "of 100", (_EDGE + width(face.score, "bold", 250), 480), "regular", 36, _SOFT)
    _write(pen, f"{face.place} of everybody scored", (_EDGE, 560), "regular", 36)
    said = f"the last {len(face.scores)} days" if len(face.scores) > 1 else "the first day"
    _write(pen, said, (_PLOT[2] - width(said, "regular", 28), 520), "regular", 28, _SOFT)
    _draw_line(picture, face.scores)
    body = BytesIO()
    picture.save(body, "PNG", optimize=True)
    return body.getvalue()


def _write(
    pen: ImageDraw.ImageDraw, text: str, at: tuple[float, float], weight: str, size: int, colour: str = _INK
) -> None:
    """Write text whose baseline begins at a place."""
    pen.text(at, text, fill=colour, font=font(weight, size), anchor="ls")


def _draw_line(picture: Image.Image, scores: tuple[float | None, ...]) -> None:
    """Draw scores as a line, with a gap where there is none and a dot at the last."""
    left, top, right, bottom = _PLOT
    wide, high = right - left, bottom - top
    large = Image.new("RGB", ((wide + 2 * _ROOM) * _FINE, (high + 2 * _ROOM) * _FINE), _PAPER)
    pen = ImageDraw.Draw(large)

    def at(x: float, y: float) -> tuple[float, float]:
        return (x + _ROOM) * _FINE, (y + _ROOM) * _FINE

    pen.line([at(0, high), at(wide, high)], _LINE, 2 * _FINE)
    pieces = spark(scores, wide, high)
    for piece in pieces:
        pen.line([at(*point) for point in piece], _ACCENT, _STROKE * _FINE, joint="curve")
        pen.circle(at(*piece[0]), _STROKE / 2 * _FINE, _ACCENT)
    if pieces:
        pen.circle(at(*pieces[-1][-1]), 1.7 * _STROKE * _FINE, _ACCENT)
    small = large.resize((wide + 2 * _ROOM, high + 2 * _ROOM), Image.Resampling.LANCZOS)
    picture.paste(small, (left - _ROOM, top - _ROOM))
