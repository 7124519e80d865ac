"""Print settings, and who may call the API and is called by it."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from renown.cli.output import console, escape_text, format_instant, new_table

if TYPE_CHECKING:
    from renown.runs.application_events import WebhookRecord
    from renown.settings import Settings
    from renown.store import ApiKey


def print_settings(settings: Settings) -> None:
    """Print settings; of secrets only whether they are set."""
    from renown.connectors.http.redact import redact_setting

    values = {
        f"{table.name}.{field.name}": _format_field(field, getattr(getattr(settings, table.name), field.name))
        for table in dataclasses.fields(settings)
        if table.name not in {"home", "networks"}
        for field in dataclasses.fields(getattr(settings, table.name))
    }
    shown = {
        "home": settings.home,
        "store.url": settings.store.redacted_url,
        "spark.master": redact_setting("spark.master", settings.spark.master),
        "spark.conf": {name: redact_setting(name, value) for name, value in settings.spark.conf.items()},
    }
    for name, value in ({"home": ""} | values | {name: _format_toml(value) for name, value in shown.items()}).items():
        console.print(f"{name} = {value}", soft_wrap=True, markup=False)
    for name, network in sorted(settings.networks.items()):
        token, visibility = "set" if network.token else "not set", "private" if network.private else "public"
        server = network.server or "(the account's own)"
        application = "set" if network.client_id else "not set"
        line = f"networks.{name}: server {server}, {visibility}, token {token}, application {application}"
        if network.max_dollars is not None:
            line += f", at most ${network.max_dollars:.2f} a month"
        console.print(line, markup=False)


def _format_field(field: dataclasses.Field[Any], value: Any) -> str:
    """Write the value of a setting as the file does; of a secret only whether it is set."""
    if not field.repr:
        return "set" if value else "not set"
    return _format_toml(value)


def _format_toml(value: Any) -> str:
    """
    Write a value in TOML; the file has an empty text for none.

    Examples
    --------
    >>> _format_toml(True), _format_toml(None), _format_toml((1, "a")), _format_toml({"a.b": 2.5})
    ('true', '""', '[1, "a"]', '{ "a.b" = 2.5 }')
    """
    if isinstance(value, bool | int | float):
        return json.dumps(value)
    if isinstance(value, tuple):
        return f"[{', '.join(map(_format_toml, value))}]"
    if isinstance(value, Mapping):
        pairs = [f"{json.dumps(name)} = {_format_toml(item)}" for name, item in value.items()]
        return f"{{ {', '.join(pairs)} }}" if pairs else "{}"
    return json.dumps("" if value is None else str(value), ensure_ascii=False)


def print_api_keys(api_keys: Sequence[ApiKey]) -> None:
    """Print the API keys."""
    table = new_table("", "name", "per second>", "per day>", "created", "last used")
    for key in api_keys:
        used_at = f"{key.used_at:%Y-%m-%d %H:%M}" if key.used_at else "never"
        limits = (f"{key.per_second:,}", f"{key.per_day:,}")
        table.add_row(escape_text(key.name), *limits, f"{key.created_at:%Y-%m-%d}", used_at)
    console.print(table if api_keys else "no API key yet; `renown key create NAME` creates one", markup=False)


def print_webhooks(rows: Sequence[WebhookRecord]) -> None:
    """Print the webhooks of applications."""
    table = new_table("", "key", "to", "events", "since")
    for row in rows:
        cells = (escape_text(row.key), escape_text(row.address), ", ".join(row.events))
        table.add_row(*cells, format_instant(row.created_at))
    console.print(table if rows else "no webhooks")
