"""Notifications by a real SMTP server, webhook and feed: subscribe, confirm, receive, end; nothing is sent twice."""

import base64
import dataclasses
import hmac
import json
import re
import socket
import threading
from datetime import date, timedelta
from email import message_from_bytes
from email.policy import default
from xml.etree import ElementTree as ET

import pytest
from aiosmtpd.controller import Controller

from conftest import DAY, NOW, new_home, publisher, taker
from http_server import Site, reply
from renown.answers import find_notifications
from renown.connectors.http.webhook import check_webhook_url, send_webhook
from renown.errors import InvalidSettingsError, MailError, NetworkRefusedError, NetworkUnavailableError
from renown.home import open_home
from renown.runs import profiles
from renown.runs.mail import build_mail, send_mail
from renown.runs.notifications import deliver_due, end_quiet_hours, queue_notifications
from renown.store import MAIL, WEBHOOK
from test_account import HEADER, app_of, base, browser, network, server, sign_in, unlimited

__all__ = ["base", "browser", "network", "server", "unlimited"]
ADA = "ada@example.social"


class Inbox:
    """An SMTP server that keeps what it accepts, and refuses some addresses."""

    def __init__(self) -> None:
        self.mails = []
        self.reply = "250 OK"

    async def handle_DATA(self, _server, _session, envelope):  # noqa: N802 - the name of aiosmtpd
        """Keep a mail."""
        if self.reply.startswith("250"):
            self.mails.append(message_from_bytes(envelope.content, policy=default))
        return self.reply


@pytest.fixture
def inbox():
    """Return a started SMTP server."""
    handler = Inbox()
    with socket.create_server(("127.0.0.1", 0)) as free:
        handler.port = free.getsockname()[1]
    controller = Controller(handler, hostname="127.0.0.1", port=handler.port)
    controller.start()
    yield handler
    controller.stop()


@pytest.fixture
def hook():
    """Return an HTTP server that receives webhooks."""
    with Site() as receiver:
        threading.Thread(target=receiver.serve_forever, args=(0.01,), daemon=True).start()
        yield receiver
        receiver.shutdown()


@pytest.fixture
def environment(inbox, network):
    """Return the environment of the home: its mail server, and webhooks to this machine."""
    return {
        "RENOWN_MASTODON_SERVER": network.site.url,
        "RENOWN_MASTODON_PRIVATE": "true",
        "RENOWN_MAIL_HOST": "127.0.0.1",
        "RENOWN_MAIL_PORT": str(inbox.port),
        "RENOWN_MAIL_SECURITY": "none",
        "RENOWN_MAIL_SENDER": "renown <score@renown.example>",
        "RENOWN_URL": "https://renown.example",
        "RENOWN_PRIVATE_WEBHOOKS": "true",
    }


@pytest.fixture
def home(tmp_path, environment):
    """Return an empty home."""
    return open_home(new_home(tmp_path / "home"), environment)


@pytest.fixture
def base(home, server, unlimited):  # noqa: ARG001, F811 - called for its effect; without TLS cookies are not secure
    """Return the URL of the pages of the home."""
    server.app = app_of(home)
    return server.url


def publish_two_days(home, tmp_path):
    """Publish two days; on the second many react to Ada."""
    take, publish = taker(home, tmp_path), publisher(home)
    yesterday = DAY - timedelta(days=1)
    take(
        HEADER,
        *(f"{fan}@b.example,{ADA},{yesterday},like,p1,{fan}" for fan in ("bob", "cat", "dan")),
        network="mastodon",
    )
    publish(yesterday)
    take(HEADER, *(f"f{n}@b.example,{ADA},{DAY},repost,p2,r{n}" for n in range(30)), network="mastodon")
    profiles.build_profiles(
        home.reader, home.lake, home.people, home.profiles, publish(DAY), previous_day=home.days.find(yesterday)
    )


def deliver(home, at=NOW):
    """Queue and deliver; return (new, sent, failed)."""
    resources = home.notification_resources
    queued = queue_notifications(resources, at=at)
    counts = deliver_due(resources, now=lambda: at, notify=lambda _: None)
    return queued, counts.sent, counts.failed


def test_subscriber_gets_mails_with_the_cause_until_one_click(browser, home, network, inbox, tmp_path):
    """Double opt-in; a mail says what moved the score and why; the link in it ends the mails by a POST alone."""
    home.people.add("Ada B/C", [("mastodon", ADA)], at=NOW)
    ada = sign_in(browser(), network, person="Ada B/C")
    publish_two_days(home, tmp_path)
    ada.open("/me").submit(
        "/me/subscribe", channel="mail", address="ada@mail.example", points="0.1", quiet_from="0", quiet_until="0"
    )
    assert 200 == ada.status, ada.text
    assert (0, 0, 0) == deliver(home)  # not confirmed yet
    [confirmation] = inbox.mails
    link = re.search(r"https://renown.example(/subscriptions/\w+)", confirmation.get_content())[1]
    browser().open(link).submit(f"{link}/confirm")

    assert (1, 1, 0) == deliver(home)
    assert (0, 0, 0) == deliver(home)

    mail = inbox.mails[-1]
    assert re.fullmatch(r"Your score rose by \d+\.\d to \d+\.\d", mail["Subject"])
    assert "post brought" in " ".join(mail.get_content().split())
    assert "https://renown.example/people/Ada%20B%2FC/why" in mail.get_content()
    assert ("ada@mail.example", "List-Unsubscribe=One-Click") == (mail["To"], mail["List-Unsubscribe-Post"])
    path = mail["List-Unsubscribe"].strip("<>").removeprefix("https://renown.example")
    assert link == path
    stranger = browser()
    assert "Unsubscribe" in stranger.open(path).text
    assert home.subscriptions.list_of(home.people.by_name("Ada B/C").key)  # opening the link changes nothing
    assert 200 == stranger.client.post(path, data={"List-Unsubscribe": "One-Click"}).status_code
    assert [] == home.subscriptions.list_of(home.people.by_name("Ada B/C").key)
    assert 404 == stranger.open(path).status


def test_webhook_is_signed_and_repeated_until_it_is_accepted(hook, home, tmp_path):
    """A receiver that fails gets the same id again, later and later; one that wants no more gets nothing."""
    person = home.people.add("Ada", [("mastodon", ADA)], at=NOW)
    publish_two_days(home, tmp_path)
    url = f"{hook.url}/hook?x=1"
    subscription = home.subscriptions.add(person.key, channel=WEBHOOK, address=url, at=NOW, min_points=0.1)
    hook.script = [reply(500), reply(302, location="/elsewhere"), reply(204, b"")]

    assert (1, 0, 1) == deliver(home)
    assert (0, 0, 0) == deliver(home, NOW + timedelta(seconds=50))
    assert (0, 0, 1) == deliver(home, NOW + timedelta(seconds=70))
    assert (0, 1, 0) == deliver(home, NOW + timedelta(minutes=10))

    assert 3 == len(hook.requests) == len(hook.bodies)
    path, headers = hook.requests[-1]
    assert ("/hook?x=1", 1) == (path, len({headers["webhook-id"] for _, headers in hook.requests}))
    content = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + hook.bodies[-1]
    signature = base64.b64encode(hmac.digest(subscription.secret.encode(), content, "sha256")).decode()
    assert f"v1,{signature}" == headers["webhook-signature"]
    body = json.loads(hook.bodies[-1])
    assert ("score.move", "Ada", f"{DAY}") == (body["type"], body["data"]["name"], body["data"]["day"])
    assert body["data"]["points"] > 0


def test_failed_webhook_becomes_a_dead_letter(hook, home, tmp_path):
    """After a week of failures it is given up and listed; 410 gives up at once."""
    person = home.people.add("Ada", [("mastodon", ADA)], at=NOW)
    publish_two_days(home, tmp_path)
    home.subscriptions.add(person.key, channel=WEBHOOK, address=f"{hook.url}/a", at=NOW, min_points=0.1)
    hook.script = [reply(503)]
    failures = [deliver(home, NOW + timedelta(hours=hours))[2] for hours in range(0, 24 * 20, 6)]
    assert 9 == sum(failures) == len(hook.requests)
    [letter] = home.deliveries.list_all(failed_only=True)
    assert "answered 503" in letter.error

    home.subscriptions.add(person.key, channel=WEBHOOK, address=f"{hook.url}/b", at=NOW, min_points=0.1)
    hook.script = [reply(410)]
    assert (1, 0, 1) == deliver(home)
    assert (0, 0, 0) == deliver(home, NOW + timedelta(days=5))


def test_ssrf_webhooks_to_private_addresses_are_refused(hook):
    """Unless the settings allow it: neither by the form nor when they are sent."""
    for url in ("http://example.org/", "https://user:pass@example.org/", "ftp://example.org", "example.org"):
        with pytest.raises(InvalidSettingsError):
            check_webhook_url(url)
    assert "https://example.org/x?y=1" == check_webhook_url("https://example.org/x?y=1")
    with pytest.raises((NetworkRefusedError, NetworkUnavailableError), match=r"127\.0\.0\.1"):
        send_webhook(f"{hook.url}/", "s", "m", b"{}")
    assert [] == hook.requests


@pytest.mark.parametrize(
    ("hour", "zone", "hours_later"),
    [(23, "UTC", 8), (3, "UTC", 4), (7, "UTC", 0), (12, "UTC", 0), (22, "Europe/Paris", 8), (5, "Europe/Paris", 1)],
)
def test_mails_wait_for_the_end_of_quiet_hours(home, hour, zone, hours_later):
    """From 22 to 7 o'clock in the subscriber's own time zone."""
    person = home.people.add("Ada", [("mastodon", ADA)], at=NOW)
    home.subscriptions.add(person.key, channel=MAIL, address="a@b.example", at=NOW, quiet_hours=(22, 7))
    home.people.set_time_zone(person.key, zone)
    [subscription] = home.subscriptions.list_of(person.key)
    at = NOW.replace(hour=hour)

    assert at + timedelta(hours=hours_later) == end_quiet_hours(subscription, at)


def test_time_zone_is_chosen_on_the_account_page(browser, home, network):
    """It is UTC at first; a name that is no time zone is refused."""
    ada = sign_in(browser(), network, person="Ada")

    assert "are in UTC for everybody" in " ".join(ada.open("/me").text.split())
    ada.submit("/me/time-zone", time_zone="Mars/Olympus")
    assert (400, True) == (ada.status, "is not a time zone" in ada.text)
    assert "UTC" == home.people.by_name("Ada").time_zone
    ada.open("/me").submit("/me/time-zone", time_zone=" Europe/Paris ")
    assert "Europe/Paris" == home.people.by_name("Ada").time_zone
    assert "are in Europe/Paris for everybody" in " ".join(ada.open("/me").text.split())


def test_refused_mails_are_given_up_and_others_repeated(inbox, home):
    """An address that the server refuses for good, a server that is full, and one that is down."""
    mail_settings = home.settings.mail
    mail = build_mail(mail_settings, to="ada@mail.example", subject="Ünï", text="x", unsubscribe_url="")
    inbox.reply = "452 full"
    with pytest.raises(MailError, match="452 full") as error:
        send_mail(mail_settings, mail)
    assert not error.value.is_permanent
    with pytest.raises(MailError, match="cannot be built"):
        build_mail(
            mail_settings, to="ada@mail.example\nBcc: eve@mail.example", subject="x", text="", unsubscribe_url=""
        )
    with pytest.raises(MailError, match="cannot send mail"):
        send_mail(dataclasses.replace(mail_settings, port=1), mail)
    assert [] == inbox.mails


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ({"channel": "mail", "address": "nobody"}, "is not a mail address"),
        ({"channel": "mail", "address": "a@b\r\nBcc: c@d"}, "is not a mail address"),
        ({"channel": "webhook", "address": "ftp://x.example"}, "webhooks cannot be sent"),
        ({"channel": "pigeon", "address": "x"}, "choose mail or webhook"),
    ],
)
def test_invalid_subscriptions_are_explained(browser, home, network, inbox, fields, problem):
    """Nothing is stored, and no mail is sent."""
    ada = sign_in(browser(), network, person="Ada")
    ada.open("/me").submit("/me/subscribe", **fields)

    assert (400, True) == (ada.status, problem in ada.text)
    assert ([], []) == (home.subscriptions.list_of(home.people.by_name("Ada").key), inbox.mails)


def test_feeds_are_valid_atom(browser, home, tmp_path):
    """One entry per day, the newest first with the cause; hidden people have no feed."""
    home.people.add("Ada <&> Söhne", [("mastodon", ADA)], at=NOW)
    publish_two_days(home, tmp_path)
    home.groups.create("club", goal=70, title="The club", at=NOW)
    visitor = browser().open("/people/Ada%20%3C&%3E%20S%C3%B6hne/feed.atom")

    assert "application/atom+xml" in visitor.response.headers["content-type"]
    feed = ET.fromstring(visitor.response.content)
    entries = feed.findall("{*}entry")
    assert [f"{DAY}", f"{DAY - timedelta(days=1)}"] == [entry.findtext("{*}updated")[:10] for entry in entries]
    assert "post brought" in entries[0].findtext("{*}content")
    assert 2 == len({entry.findtext("{*}id") for entry in entries})
    assert 200 == visitor.open("/groups/club/feed.atom").status
    assert 404 == visitor.open("/people/nobody/feed.atom").status


def test_week_goal_and_overtake_have_their_messages():
    """A person who gets to 70 for the first time on a Sunday, and what a race tells them."""
    days = [(date(2026, 11, 15) + timedelta(days=n), 69.0 + n / 5) for n in range(8)]
    rows = {row.kind: row for row in find_notifications(days, None, [], name="ada")}
    assert "You reached 70" not in [row.title for row in rows.values()]
    assert "Your week: 70.4 (+1.4)" == rows["week"].title
    assert "week/2026-W47" == rows["week"].path
    assert "You reached 70" in [row.title for row in find_notifications(days[:6], None, [], name="ada")]
    assert [] == find_notifications([(days[0][0], None)], None, [], name="ada")
    assert [] == find_notifications([], None, [], name="ada")
