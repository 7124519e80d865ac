"""What the command line prints of a home itself: its settings and its keys of the API."""

import dataclasses
from collections.abc import Sequence

from renown.cli.prints import console, new_table, plain
from renown.connectors.http.masks import setting
from renown.settings import Settings
from renown.store import Key


def settings(told: Settings) -> None:
    """Print settings, secrets as whether there is one."""
    plainly = {field.name: getattr(told, field.name) for field in dataclasses.fields(told)}
    plainly["store"] = told.store_shown
    plainly["spark_conf"] = {name: setting(name, value) for name, value in told.spark_conf.items()}
    plainly["spark_master"] = setting("spark_master", told.spark_master)
    plainly |= {f"serve.{field.name}": getattr(told.serve, field.name) for field in dataclasses.fields(told.serve)}
    for name, value in plainly.items():
        if name not in {"networks", "serve"}:
            console.print(f"{name} = {value}", soft_wrap=True, markup=False)
    for name, network in sorted(told.networks.items()):
        token, lies = "set" if network.token else "not set", "private" if network.private else "public"
        server = network.server or "(of the account)"
        console.print(f"networks.{name}: server {server}, {lies}, token {token}", markup=False)


def keys(answers: Sequence[Key]) -> None:
    """Print who has a key of the API."""
    table = new_table("", "key", "a second>", "a day>", "made")
    for key in answers:
        table.add_row(plain(key.name), f"{key.per_second:,}", f"{key.per_day:,}", f"{key.made_at:%Y-%m-%d}")
    console.print(table)
