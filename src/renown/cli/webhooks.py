"""Webhooks of applications: add, list and remove them, and send again what was given up."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

import typer

from renown.cli import output
from renown.cli.home import open_home
from renown.cli.options import JsonLinesOption
from renown.cli.output import console, escape_text, notify
from renown.cli.output import settings as output_settings
from renown.errors import InvalidInputError
from renown.text import plural

webhook_app = typer.Typer(help="Tell applications with an API key what happens, by webhooks.", no_args_is_help=True)

KeyArgument = Annotated[str, typer.Argument(metavar="KEY", help="Name of the API key, as `renown key list` shows it.")]
UrlArgument = Annotated[str, typer.Argument(metavar="URL", help="URL that receives the webhooks.")]


@webhook_app.command("add")
def webhook_add(
    context: typer.Context,
    key: KeyArgument,
    url: UrlArgument,
    event: Annotated[
        list[str] | None,
        typer.Option(help="Event to tell of; repeat it for several. Default: all events."),
    ] = None,
) -> None:
    """
    Add a webhook for what happens from now on, and print the secret that its signatures are checked with.

    Events: score.published, person.changed, person.departed.

    Example: `renown webhook add "my app" https://app.example/hook --event person.departed`
    """
    from renown.connectors.http.webhook import check_webhook_url, format_secret
    from renown.store import EVENTS

    home = open_home(context)
    checked_url = check_webhook_url(url, allow_private=home.settings.serve.private_webhooks)
    webhook = home.webhooks.add(home.api_keys.find_by_name(key), checked_url, event or list(EVENTS), at=_now())
    print(format_secret(webhook.secret))  # noqa: T201 - for programs


@webhook_app.command("list")
def webhook_list(context: typer.Context, json: JsonLinesOption = False) -> None:
    """List the webhooks of applications."""
    from renown.runs.application_events import list_webhook_records

    rows = list_webhook_records(open_home(context).webhooks)
    (output.print_json_lines if json else output_settings.print_webhooks)(rows)


@webhook_app.command("remove")
def webhook_remove(context: typer.Context, key: KeyArgument, url: UrlArgument) -> None:
    """Remove a webhook with what is queued for it."""
    home = open_home(context)
    webhooks = home.webhooks.list_of(home.api_keys.find_by_name(key).digest)
    webhook = next((row for row in webhooks if row.address == url), None)
    if webhook is None:
        raise InvalidInputError(f"{key!r} has no webhook to {url!r}; `renown webhook list` shows which there are")
    home.webhooks.remove(webhook)
    console.print(f"removed the webhook to {escape_text(url)}")


def redeliver(
    context: typer.Context,
    delivery_ids: Annotated[
        list[str] | None,
        typer.Argument(metavar="[ID]...", help="Ids, as `renown deliveries --failed --json` prints them."),
    ] = None,
    everything: Annotated[bool, typer.Option("--all", help="Everything that was given up.")] = False,
) -> None:
    """
    Send again what was given up (dead letters), with the same ids: once now, and then retried as before.

    Example: `renown redeliver --all`
    """
    from renown.runs import notifications

    if bool(delivery_ids) == everything:
        raise InvalidInputError("write the ids of deliveries, or --all")
    home = open_home(context)
    letters = notifications.redeliver(home.deliveries, None if everything else delivery_ids, at=_now())
    counts = notifications.deliver_due(home.notification_resources, now=_now, notify=notify)
    console.print(f"{plural(len(letters), 'delivery', 'deliveries')} queued again, {counts.sent:,} sent")


def _now() -> datetime:
    return datetime.now(UTC)
