"""Queue notifications of a published day for its subscribers, and deliver what is due by mail and webhook."""

import json
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from renown.answers import (
    Notification,
    Standings,
    StandingsCache,
    Visibility,
    VisibilityCache,
    find_notifications,
    load_current_changes,
)
from renown.answers.notifications import MOVE, WEEK
from renown.connectors.http.webhook import send_webhook
from renown.errors import (
    DayNotPublishedError,
    InvalidInputError,
    MailError,
    NetworkRefusedError,
    NetworkUnavailableError,
)
from renown.runs.application_events import build_event, queue_events
from renown.runs.mail import build_mail, send_mail
from renown.runs.resources import NotificationResources
from renown.runs.verify import person_page_url
from renown.settings import Settings
from renown.store import MAIL, Delivery, DeliveryStore, ServedScore, Subscription

_HISTORY_DAYS = 90
_MAX_DELIVERIES = 10_000
"""Maximum messages sent in one call."""


@dataclass(frozen=True)
class DeliveryCounts:
    """Result of delivering messages."""

    sent: int
    failed: int
    """Attempts that failed; they are repeated unless they were the last."""


@dataclass(frozen=True, kw_only=True)
class DeliveryRecord:
    """A message in the list of deliveries."""

    delivery_id: str
    channel: str
    address: str
    title: str
    created_at: str
    """UTC instant; so are `sent_at` and `gave_up_at`, which are None if it was not sent or not given up."""
    attempts: int
    sent_at: str | None
    gave_up_at: str | None
    error: str
    """Why the last attempt failed; empty if it did not."""


def list_delivery_records(deliveries: DeliveryStore, *, failed_only: bool) -> list[DeliveryRecord]:
    """List the deliveries to people and applications, newest first."""
    return [
        DeliveryRecord(
            delivery_id=row.delivery_id,
            channel=row.recipient.channel,
            address=row.recipient.address,
            title=row.content["title"],
            created_at=row.created_at.isoformat(),
            attempts=row.attempts,
            sent_at=row.sent_at.isoformat() if row.sent_at else None,
            gave_up_at=row.gave_up_at.isoformat() if row.gave_up_at else None,
            error=row.error,
        )
        for row in deliveries.list_all(failed_only=failed_only)
    ]


def queue_notifications(resources: NotificationResources, *, at: datetime) -> int:
    """
    Queue what happened to subscribers on the served day, once for each, and events for applications.

    Returns
    -------
    int
        Number of new messages.
    """
    queued = queue_events(resources, at=at)
    subscriptions = resources.subscriptions.all_confirmed()
    if not subscriptions:
        return queued
    visibility = VisibilityCache(resources.people, resources.settings.serve).get()
    standings = StandingsCache(resources.groups, resources.served_scores, resources.days)
    for subscription in subscriptions:
        served = resources.served_scores.find(subscription.key)
        if served is None or not visibility.includes(subscription.key):
            continue
        groups = _list_standings(resources, standings, served, visibility)
        for notification in _find_subscribed(resources, subscription, served, groups):
            queued += resources.deliveries.queue(
                subscription,
                notification.key,
                asdict(notification) | {"name": served.name, "score": served.score},
                at=at,
                due_at=end_quiet_hours(subscription, at),
            )
    return queued


def deliver_due(
    resources: NotificationResources, *, now: Callable[[], datetime], notify: Callable[[str], None]
) -> DeliveryCounts:
    """
    Send the messages that are due; failed ones are repeated later.

    Several processes may deliver at once: each message is claimed by one. A process that is killed between sending and
    recording repeats a message; webhooks have the same id then.
    """
    sent = failed = 0
    resources.subscriptions.purge(at=now(), delivery_days=resources.settings.retention.deliveries)
    for _ in range(_MAX_DELIVERIES):
        delivery = resources.deliveries.claim_due(at=now())
        if delivery is None:
            break
        try:
            _send(resources, delivery)
        except (MailError, NetworkUnavailableError, NetworkRefusedError) as error:
            failed += 1
            is_final = isinstance(error, NetworkRefusedError) or getattr(error, "is_permanent", False)
            resources.deliveries.record_failure(delivery, str(error), at=now(), is_final=is_final)
            notify(f"a notification was not delivered by {delivery.recipient.channel}: {error}")
        else:
            sent += 1
            resources.deliveries.record_sent(delivery, at=now())
    return DeliveryCounts(sent, failed)


def end_quiet_hours(subscription: Subscription, at: datetime) -> datetime:
    """
    Return when a message may be sent: now, or the end of the subscriber's quiet hours.

    Parameters
    ----------
    subscription : Subscription
    at : datetime
        UTC instant.
    """
    start, end = subscription.quiet_from, subscription.quiet_until
    local = at.astimezone(ZoneInfo(subscription.time_zone))
    is_quiet = start <= local.hour < end if start < end else local.hour >= start or local.hour < end
    if start == end or not is_quiet:
        return at
    until = local.replace(hour=end, minute=0, second=0, microsecond=0)
    if until <= local:
        until += timedelta(days=1)
    return until.astimezone(at.tzinfo)


def send_confirmation(settings: Settings, subscription: Subscription, name: str) -> None:
    """
    Ask the owner of a mail address whether they want the mails (double opt-in).

    Raises
    ------
    MailError
        If the mail cannot be sent.
    """
    text = (
        f"Somebody who signed in as {name} at {settings.serve.base_url} asked for mails about their score to this "
        f"address.\n\nIf it was you, open this link and confirm:\n{_subscription_url(settings, subscription)}\n\n"
        "If it was not, ignore this mail; nothing more is sent to you.\n"
    )
    send_mail(
        settings.mail,
        build_mail(
            settings.mail,
            to=subscription.address,
            subject="Confirm mails about your score",
            text=text,
            unsubscribe_url="",
        ),
    )


def _list_standings(
    resources: NotificationResources, standings: StandingsCache, served: ServedScore, visibility: Visibility
) -> list[tuple[str, Standings]]:
    """Return the standings of a person's groups and of the challenges that run on the served day."""
    rows = []
    for group in resources.groups.by_member(served.key):
        path = f"/groups/{group.name}"
        rows.append((path, standings.get_standings(group.name, 0, visibility)))
        rows += [
            (f"{path}/challenges/{challenge.number}", standings.get_standings(group.name, challenge.number, visibility))
            for challenge in resources.groups.challenges.by_group(group.name)
            if challenge.first <= served.day <= challenge.last
        ]
    return rows


def _find_subscribed(
    resources: NotificationResources,
    subscription: Subscription,
    served: ServedScore,
    standings: list[tuple[str, Standings]],
) -> Iterator[Notification]:
    """Yield what a subscriber wants to know of."""
    history = [row for row in resources.served_scores.read_history(served.key, _HISTORY_DAYS) if row[0] <= served.day]
    changes = None
    try:
        last = resources.days.find(served.day)
        changes = load_current_changes(resources.profiles, served, resources.days.find_before(last), last)
    except DayNotPublishedError:
        pass  # the first published day: nothing to compare with
    for notification in find_notifications(history, changes, standings, name=served.name):
        if (notification.kind == WEEK) != subscription.is_weekly:
            continue
        if notification.kind == MOVE and round(abs(notification.points), 1) < subscription.min_points:
            continue
        yield notification


def redeliver(deliveries: DeliveryStore, delivery_ids: Collection[str] | None, *, at: datetime) -> list[Delivery]:
    """
    Queue dead letters again, all of them without ids; return them.

    Raises
    ------
    InvalidInputError
        If an id is not that of a dead letter.
    """
    letters = {letter.delivery_id: letter for letter in deliveries.list_all(failed_only=True)}
    unknown = next((text for text in delivery_ids or () if text not in letters), None)
    if unknown is not None:
        raise InvalidInputError(f"no dead letter has the id {unknown!r}; `renown deliveries --failed` lists them")
    selected = [letters[delivery_id] for delivery_id in (letters if delivery_ids is None else delivery_ids)]
    for letter in selected:
        deliveries.redeliver(letter, at=at)
    return selected


def _send(resources: NotificationResources, delivery: Delivery) -> None:
    recipient = delivery.recipient
    if isinstance(recipient, Subscription):
        _send_to_person(resources.settings, delivery, recipient)
    elif event := build_event(resources, delivery):
        _post(resources.settings, delivery, event)


def _send_to_person(settings: Settings, delivery: Delivery, subscription: Subscription) -> None:
    content = dict(delivery.content)
    path = content.pop("path")
    base_url = settings.serve.base_url
    page_url = person_page_url(base_url, content["name"])
    content["url"] = f"{base_url}{path}" if path.startswith("/") else f"{page_url}/{path}".rstrip("/")
    if subscription.channel == MAIL:
        unsubscribe_url = _subscription_url(settings, subscription)
        text = "\n\n".join(filter(None, (f"{content['title']}.", content["text"], content["url"])))
        text += f"\n\n--\nMails about your score, as you asked for. Unsubscribe: {unsubscribe_url}\n"
        message = build_mail(
            settings.mail,
            to=subscription.address,
            subject=content["title"],
            text=text,
            unsubscribe_url=unsubscribe_url,
        )
        send_mail(settings.mail, message)
        return
    kind = f"score.{content.pop('kind')}"
    _post(settings, delivery, {"type": kind, "timestamp": delivery.created_at.isoformat(), "data": content})


def _post(settings: Settings, delivery: Delivery, event: Mapping[str, Any]) -> None:
    send_webhook(
        delivery.recipient.address,
        delivery.recipient.secret,
        delivery.delivery_id,
        json.dumps(event).encode(),
        allow_private=settings.serve.private_webhooks,
    )


def _subscription_url(settings: Settings, subscription: Subscription) -> str:
    return f"{settings.serve.base_url}/subscriptions/{subscription.secret}"
