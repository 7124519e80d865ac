"""Atom feeds (RFC 4287): what happened to a person, and in a group."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from itertools import pairwise
from urllib.parse import quote
from xml.etree import ElementTree as ET

from starlette.requests import Request
from starlette.responses import Response

from renown import answers
from renown.errors import DayNotPublishedError
from renown.store import ServedScore
from renown.web.pages.formatting import person_path
from renown.web.people import find_by_name
from renown.web.state import AppState, get_app_state, get_site_url

_NAMESPACE = "http://www.w3.org/2005/Atom"
_DAYS = 30


@dataclass(frozen=True, kw_only=True)
class FeedEntry:
    """An entry of a feed."""

    entry_id: str
    """Unique and permanent, below the URL of the feed."""
    day: date
    title: str
    text: str
    path: str


def serve_person_feed(request: Request) -> Response:
    """Serve one entry for each published day of a person: the score, its change, and for the latest day the cause."""
    state = get_app_state(request)
    score = find_by_name(state, request.path_params["who"])
    path = person_path(score.name)
    return _render_feed(get_site_url(request), f"{score.name}: score", path, _list_days(state, score, path))


def serve_group_feed(request: Request) -> Response:
    """Serve who overtook whom in a group, and who reached the goal."""
    state = get_app_state(request)
    name = request.path_params["name"]
    standings = state.standings_cache.get_standings(name, 0, state.visibility)
    path = f"/groups/{name}"
    entries = [
        FeedEntry(
            entry_id=f"overtake/{overtake.day}/{overtake.name}/{overtake.overtaken}",
            day=date.fromisoformat(overtake.day),
            title=f"{overtake.name} overtook {overtake.overtaken}",
            text="",
            path=path,
        )
        for overtake in standings.overtakes
    ]
    entries += [
        FeedEntry(
            entry_id=f"goal/{standings.goal}/{row.name}",
            day=date.fromisoformat(row.reached_on),
            title=f"{row.name} reached {standings.goal}",
            text="",
            path=path,
        )
        for row in standings.standings
        if row.reached_on
    ]
    return _render_feed(get_site_url(request), standings.title, path, entries)


def _list_days(state: AppState, score: ServedScore, path: str) -> list[FeedEntry]:
    history = [row for row in state.scores.read_history(score.key, _DAYS + 1) if row[1] is not None]
    sentence = _describe_latest(state, score)
    entries = []
    for (_, before), (day, value) in pairwise([(date.min, None), *history]):
        if value is None:
            continue
        move = "" if before is None else f" ({value - before:+z.1f})"
        entries.append(
            FeedEntry(
                entry_id=f"{day}",
                day=day,
                title=f"{value:.1f}{move}",
                text=sentence if day == score.day else "",
                path=f"{path}/why?day={day}",
            )
        )
    return entries[-_DAYS:]


def _describe_latest(state: AppState, score: ServedScore) -> str:
    """Describe why the score changed on the served day, if that is stored."""
    try:
        last = state.days.find(score.day)
        changes = answers.load_current_changes(state.profiles, score, state.days.find_before(last), last)
    except DayNotPublishedError:
        return ""
    return changes.summary.sentence if changes else ""


def _render_feed(site_url: str, title: str, path: str, entries: Iterable[FeedEntry]) -> Response:
    """Render a feed, newest entry first."""
    url = f"{site_url}{path}"
    ordered = sorted(entries, key=lambda entry: (entry.day, entry.entry_id), reverse=True)
    feed = ET.Element("feed", xmlns=_NAMESPACE)
    _add(feed, "title", _xml_text(f"{title} · renown"))
    _add(feed, "id", f"{url}/feed.atom")
    _add(feed, "updated", _format_day(ordered[0].day if ordered else date.min))
    ET.SubElement(feed, "link", rel="self", href=f"{url}/feed.atom")
    ET.SubElement(feed, "link", rel="alternate", href=url)
    _add(ET.SubElement(feed, "author"), "name", "renown")
    for entry in ordered:
        element = ET.SubElement(feed, "entry")
        _add(element, "title", _xml_text(entry.title))
        _add(element, "id", f"{url}/feed.atom#{quote(entry.entry_id)}")
        _add(element, "updated", _format_day(entry.day))
        ET.SubElement(element, "link", href=f"{site_url}{entry.path}")
        _add(element, "content", _xml_text(entry.text or entry.title))
    body = ET.tostring(feed, encoding="utf-8", xml_declaration=True)
    return Response(body, media_type="application/atom+xml")


def _add(parent: ET.Element, name: str, text: str) -> None:
    ET.SubElement(parent, name).text = text


def _xml_text(text: str) -> str:
    """Leave out characters that XML does not allow (XML 1.0, 2.2)."""
    return "".join(character for character in text if character.isprintable() or character in "\t\n")


def _format_day(day: date) -> str:
    return datetime.combine(day, time(), UTC).isoformat()
