"""The commands of the program: where each one is, imported and built when it is looked up."""

from __future__ import annotations

import inspect
from collections import UserDict
from importlib import import_module
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup

COMMANDS = {
    "Getting started": {
        "init": "init:init",
        "demo": "demo:demo",
        "add": "add:add",
        "add-people": "add:add_people",
        "login": "login:login",
        "collect": "collect:collect",
        "import": "import_:import_",
        "stream": "stream:stream_app",
    },
    "Scoring and serving": {
        "score": "scores:score",
        "run": "run:run",
        "unpublish": "unpublish:unpublish",
        "status": "run:status",
        "check": "check:check",
        "backup": "backup:backup",
        "restore": "backup:restore",
        "move-store": "backup:move_store",
        "serve": "serve:serve",
        "mcp": "mcp:mcp",
        "notify": "run:send_notifications",
        "deliveries": "run:list_deliveries",
        "redeliver": "webhooks:redeliver",
        "export": "export:export",
    },
    "Reading scores": {
        "top": "scores:top",
        "show": "receipts:show",
        "explain": "receipts:explain",
        "changes": "receipts:changes",
        "alerts": "scores:alerts",
        "standing": "standing:standing",
        "history": "standing:history",
        "landmarks": "scores:landmarks",
        "compare": "compare:compare",
        "influence": "compare:influence",
        "topics": "compare:topics",
        "goal": "goals:goal",
        "way": "goals:way",
        "what-if": "goals:what_if",
        "similar": "goals:similar",
        "when": "standing:when",
        "group": "groups:group_app",
    },
    "People and privacy": {
        "people": "people:list_people",
        "unclaim": "people:unclaim",
        "alias": "aliases:alias_app",
        "prove": "people:prove",
        "time-zone": "people:time_zone",
        "opt-out": "privacy:opt_out",
        "opt-in": "privacy:opt_in",
        "data": "privacy:data",
        "forget": "privacy:forget",
        "requests": "privacy:requests",
        "first-scores": "people:first_scores",
        "trust": "trust:trust_app",
        "statement": "statements:statement_app",
        "verify": "statements:verify",
    },
    "Method and settings": {
        "method": "method:method_app",
        "judge": "judgements:judge",
        "judgements": "judgements:export_judgements",
        "learn": "learn:learn_app",
        "evaluate": "evaluate:evaluate_app",
        "settings": "settings:settings_app",
        "credentials": "credentials:credentials_app",
        "key": "serve:key_app",
        "webhook": "webhooks:webhook_app",
    },
}
"""``module:name`` of each command, by panel of `renown --help`, in the order in which a new user needs them."""


class CommandGroup(TyperGroup):
    """The commands of the program; to build all of them takes longer than many a command runs."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.commands = LazyCommands()


class LazyCommands(UserDict[str, Any]):
    """Commands by name, each of which is imported and built when it is looked up for the first time."""

    def __init__(self) -> None:
        super().__init__({name: None for commands in COMMANDS.values() for name in commands})

    def __getitem__(self, name: str) -> TyperCommand | TyperGroup:
        """Return the command; raise KeyError if there is none of this name."""
        command: TyperCommand | TyperGroup | None = self.data[name]
        if command is None:
            [(panel, reference)] = [(panel, commands[name]) for panel, commands in COMMANDS.items() if name in commands]
            command = self.data[name] = _build_command(name, panel, reference)
            _join_lines(command)
        return command


def _join_lines(command: Any) -> None:
    """Join the lines of each paragraph of the help, also of subcommands: Typer would keep them and wrap them again."""
    paragraphs = inspect.cleandoc(command.help or "").split("\n\n")
    command.help = "\n\n".join(" ".join(paragraph.split("\n")) for paragraph in paragraphs)
    for subcommand in getattr(command, "commands", {}).values():
        _join_lines(subcommand)


def _build_command(name: str, panel: str, reference: str) -> Any:
    """Import a command, or a group of commands, and let Typer build it."""
    module_name, _, attribute = reference.partition(":")
    module = import_module(f"renown.cli.{module_name}")
    target, application = getattr(module, attribute), typer.Typer(add_completion=False)
    if isinstance(target, typer.Typer):
        application.add_typer(target, name=name, rich_help_panel=panel)
        return typer.main.get_group(application).commands[name]
    options: dict[str, Any] = getattr(module, "COMMAND_OPTIONS", {}).get(name, {})
    application.command(name, rich_help_panel=panel, **options)(target)
    return typer.main.get_command(application)
