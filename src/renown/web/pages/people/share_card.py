"""Share card: the picture that networks show as the preview of a link to a page (Open Graph), 1200 x 630 pixels."""

from dataclasses import dataclass
from functools import lru_cache
from io import BytesIO

from PIL import Image, ImageDraw
from starlette.requests import Request
from starlette.responses import Response

from renown import answers
from renown.store import ServedScore
from renown.web.identities import load_identities
from renown.web.pages.charts.sparkline import sparkline_points
from renown.web.pages.charts.text import fit_text, load_font, printable_name, text_width
from renown.web.pages.formatting import DEFAULT_LOCALE, build_formatters
from renown.web.pages.people.badge import PICTURE_CACHE_CONTROL
from renown.web.people import find_by_name
from renown.web.ranks import compute_top_percent
from renown.web.state import AppState, get_app_state

WIDTH, HEIGHT = 1200, 630
"""Picture size that readers of the Open Graph protocol expect."""
_HISTORY_DAYS = 90
_MARGIN = 72
_BACKGROUND, _FOREGROUND, _MUTED, _RULE, _ACCENT = "#fbf8f3", "#211d26", "#655d6c", "#e3dbcf", "#ad3410"
_NAME_SIZES = (84, 72, 60, 52)
_PLOT_BOX = (690, 290, WIDTH - _MARGIN, 470)
"""Left, top, right and bottom of the sparkline, in pixels."""
_SUPERSAMPLING = 3
"""Supersampling factor of the sparkline, for anti-aliased edges."""
_STROKE_WIDTH, _PLOT_PADDING = 6, 20
"""Line width, and padding around the line so that its last dot is not cut off, in pixels."""
_CACHE_SIZE = 128
"""Cards cached in memory, about 25 kB each."""


@dataclass(frozen=True)
class CardNames:
    """Names of a person on a card, as on their page."""

    heading: str
    """Display name, or else the registered name."""
    registered_name: str = ""
    """Below a display name, which may imitate others; empty without one."""


@dataclass(frozen=True, kw_only=True)
class ShareCard:
    """Content of a card, which is its cache key."""

    names: CardNames
    score: str
    summary: str
    """Line below the score."""
    period: str
    """Day, week or year, in the corner."""
    scores: tuple[float | None, ...]
    """One score per day, oldest first."""
    caption: str
    """What the line of the scores shows."""


def serve_share_card(request: Request) -> Response:
    """Serve a person's share card."""
    state = get_app_state(request)
    served_score = find_by_name(state, request.path_params["who"])
    return respond_with_card(_load_share_card(state, served_score))


def _load_share_card(state: AppState, served_score: ServedScore) -> ShareCard:
    formatters = build_formatters(DEFAULT_LOCALE)
    history = answers.load_history(state.scores, served_score.key, days=_HISTORY_DAYS)
    # A card cannot say that days were recomputed, so it begins with the first published one.
    first_published = next(index for index, past_day in enumerate(history.days) if past_day.is_published)
    scores = tuple(past_day.score for past_day in history.days[first_published:])
    return ShareCard(
        names=choose_names(state, served_score),
        score=formatters["number"](served_score.score),
        summary=answers.describe_top(compute_top_percent(state, served_score)),
        period=formatters["day"](served_score.day),
        scores=scores,
        caption=f"the last {len(scores)} days" if len(scores) > 1 else "the first day",
    )


def choose_names(state: AppState, subject: ServedScore) -> CardNames:
    """Return the names on a card, as far as its font has letters: of a name that it cannot write, an account's."""
    accounts = (name.original_name for name in state.profiles.names(subject.key))
    registered_name = printable_name([subject.name, *accounts]) or "Somebody"
    identity = load_identities(state, [subject.name]).get(subject.name)
    display_name = printable_name([identity.display_name]) if identity and identity.display_name else ""
    return CardNames(display_name, registered_name) if display_name else CardNames(registered_name)


def respond_with_card(card: ShareCard) -> Response:
    """Return the response with a card."""
    return Response(render_share_card(card), headers={"Cache-Control": PICTURE_CACHE_CONTROL}, media_type="image/png")


@lru_cache(maxsize=_CACHE_SIZE)
def render_share_card(card: ShareCard) -> bytes:
    """Render a card as PNG."""
    image = Image.new("RGB", (WIDTH, HEIGHT), _BACKGROUND)
    canvas = ImageDraw.Draw(image)
    canvas.rectangle((0, 0, WIDTH, 14), fill=_ACCENT)
    _draw_text(canvas, "renown", (_MARGIN, 96), "bold", 40)
    _draw_text(
        canvas,
        text=".",
        position=(_MARGIN + text_width("renown", "bold", 40), 96),
        weight="bold",
        size=40,
        colour=_ACCENT,
    )
    _draw_text(
        canvas,
        text=card.period,
        position=(WIDTH - _MARGIN - text_width(card.period, "regular", 30), 96),
        weight="regular",
        size=30,
        colour=_MUTED,
    )
    name, size = fit_text(card.names.heading, "bold", _NAME_SIZES, WIDTH - 2 * _MARGIN)
    _draw_text(canvas, name, (_MARGIN, 205), "bold", size)
    registered_name, size = fit_text(card.names.registered_name, "regular", (34,), WIDTH - 2 * _MARGIN)
    _draw_text(canvas, text=registered_name, position=(_MARGIN, 255), weight="regular", size=size, colour=_MUTED)
    _draw_text(canvas, card.score, (_MARGIN - 8, 480), "bold", 250)
    _draw_text(
        canvas,
        text="of 100",
        position=(_MARGIN + text_width(card.score, "bold", 250), 480),
        weight="regular",
        size=36,
        colour=_MUTED,
    )
    _draw_text(canvas, card.summary, (_MARGIN, 560), "regular", 36)
    _draw_text(
        canvas,
        text=card.caption,
        position=(_PLOT_BOX[2] - text_width(card.caption, "regular", 28), 520),
        weight="regular",
        size=28,
        colour=_MUTED,
    )
    _draw_sparkline(image, card.scores)
    body = BytesIO()
    image.save(body, "PNG", optimize=True)
    return body.getvalue()


def _draw_text(
    canvas: ImageDraw.ImageDraw,
    text: str,
    position: tuple[float, float],
    weight: str,
    size: int,
    colour: str = _FOREGROUND,
) -> None:
    """Draw text whose baseline starts at a position."""
    canvas.text(position, text, fill=colour, font=load_font(weight, size), anchor="ls")


def _draw_sparkline(image: Image.Image, scores: tuple[float | None, ...]) -> None:
    """Draw scores as a sparkline, with gaps for missing days and a dot at the last one."""
    x_start, top, x_end, bottom = _PLOT_BOX
    plot_width, plot_height = x_end - x_start, bottom - top
    enlarged = Image.new(
        "RGB",
        ((plot_width + 2 * _PLOT_PADDING) * _SUPERSAMPLING, (plot_height + 2 * _PLOT_PADDING) * _SUPERSAMPLING),
        _BACKGROUND,
    )
    canvas = ImageDraw.Draw(enlarged)

    def scaled(x: float, y: float) -> tuple[float, float]:
        return (x + _PLOT_PADDING) * _SUPERSAMPLING, (y + _PLOT_PADDING) * _SUPERSAMPLING

    canvas.line([scaled(0, plot_height), scaled(plot_width, plot_height)], _RULE, 2 * _SUPERSAMPLING)
    segments = sparkline_points(scores, plot_width, plot_height)
    for segment in segments:
        canvas.line([scaled(*point) for point in segment], _ACCENT, _STROKE_WIDTH * _SUPERSAMPLING, joint="curve")
        canvas.circle(scaled(*segment[0]), _STROKE_WIDTH / 2 * _SUPERSAMPLING, _ACCENT)
    if segments:
        canvas.circle(scaled(*segments[-1][-1]), 1.7 * _STROKE_WIDTH * _SUPERSAMPLING, _ACCENT)
    resized = enlarged.resize(
        (plot_width + 2 * _PLOT_PADDING, plot_height + 2 * _PLOT_PADDING), Image.Resampling.LANCZOS
    )
    image.paste(resized, (x_start - _PLOT_PADDING, top - _PLOT_PADDING))
