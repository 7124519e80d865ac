"""
Events for the webhooks of applications: a day was published, people changed, people departed.

A queued event has numbers of rows and no names. What others may see of these people is read when it is sent, so that
nobody's data waits in the queue, or is sent after they departed.
"""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from renown.answers import VisibilityCache
from renown.answers.person_changes import CHANGED, DEPARTED, ChangeEntry, describe_changes
from renown.errors import DayNotPublishedError
from renown.runs.resources import NotificationResources
from renown.store import ApplicationWebhook, Delivery, ServedScore, WebhookStore
from renown.text import plural

_MAX_CHANGES = 100
"""Maximum people in one event."""
_EVENT_BY_KIND = {CHANGED: "person.changed", DEPARTED: "person.departed"}
_PUBLISHED = "score.published"


def queue_events(resources: NotificationResources, *, at: datetime) -> int:
    """Queue what happened since the last call for every webhook of an application; return how many events are new."""
    return sum(
        _queue_publication(resources, webhook, at) + _queue_changes(resources, webhook, at)
        for webhook in resources.webhooks.all()
    )


def build_event(resources: NotificationResources, delivery: Delivery) -> dict[str, Any] | None:
    """Return the message of an event as its receiver may see it now; None if nothing is left to tell."""
    content = delivery.content
    event: dict[str, Any] = {"type": content["type"], "timestamp": delivery.created_at.isoformat()}
    if content["type"] == _PUBLISHED:
        return event | {"data": {name: content[name] for name in ("day", "method", "people")}}
    rows = resources.people.changes.list_rows(content["rows"])
    changes = [
        _to_json(entry)
        for entry in describe_changes(rows, _visible_scores(resources))
        if _EVENT_BY_KIND[entry.kind] == content["type"]
    ]
    return event | {"data": {"changes": changes}} if changes else None


@dataclass(frozen=True, kw_only=True)
class WebhookRecord:
    """A webhook in the list of webhooks."""

    key: str
    """Name of the API key."""
    address: str
    events: tuple[str, ...]
    created_at: str
    """UTC instant."""


def list_webhook_records(webhooks: WebhookStore) -> list[WebhookRecord]:
    """List the webhooks of applications, oldest first."""
    return [
        WebhookRecord(key=row.key_name, address=row.address, events=row.events, created_at=row.created_at.isoformat())
        for row in webhooks.all()
    ]


def _queue_publication(resources: NotificationResources, webhook: ApplicationWebhook, at: datetime) -> int:
    day = resources.served_scores.day()
    if _PUBLISHED not in webhook.events or day is None:
        return 0
    try:
        published = resources.days.find(day)
    except DayNotPublishedError:
        return 0  # taken back since
    published_at = resources.served_scores.published_at()
    if published_at is None or published_at <= webhook.created_at:
        return 0
    content = {
        "type": _PUBLISHED,
        "title": f"{_PUBLISHED}: {day}",
        "day": day.isoformat(),
        "method": published.method,
        "people": published.people,
    }
    key = f"{_PUBLISHED}/{day}/{published_at.isoformat()}"
    return int(resources.deliveries.queue(webhook, key, content, at=at, due_at=at))


def _queue_changes(resources: NotificationResources, webhook: ApplicationWebhook, at: datetime) -> int:
    position, queued, find_visible = webhook.position, 0, _visible_scores(resources)
    while rows := resources.people.changes.list_after(position, _MAX_CHANGES):
        entries = describe_changes(rows, find_visible)
        for kind, event in _EVENT_BY_KIND.items():
            ids = [row.position[1] for row, entry in zip(rows, entries, strict=True) if entry.kind == kind]
            if ids and event in webhook.events:
                title = f"{event}: {plural(len(ids), 'person', 'people')}"
                content = {"type": event, "title": title, "rows": ids}
                key = f"{event}/{rows[-1].position[0]}/{rows[-1].position[1]}"
                queued += resources.deliveries.queue(webhook, key, content, at=at, due_at=at)
        position = rows[-1].position
    resources.webhooks.move(webhook, position)
    return queued


def _visible_scores(resources: NotificationResources) -> Callable[[int], ServedScore | None]:
    """Return a function that finds the score of a key if others may see it."""
    visibility = VisibilityCache(resources.people, resources.settings.serve).get()

    def find_visible(key: int) -> ServedScore | None:
        return resources.served_scores.find(key) if visibility.includes(key) else None

    return find_visible


def _to_json(entry: ChangeEntry) -> dict[str, Any]:
    return {name: value.isoformat() if isinstance(value, datetime) else value for name, value in asdict(entry).items()}
