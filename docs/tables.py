"""
Print the tables of the documentation from the code: constants, steps, commands, settings, errors.

    python docs/tables.py          # rewrites them where they stand
"""

import inspect
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import typer.main

from renown import answers, cli, errors, method, settings

ROOT = Path(__file__).parent
KEPT = ROOT.parent / "src" / "renown" / "method" / "evaluations"


def constants() -> Iterator[str]:
    """Yield the constants of the method."""
    yield "| constant | value | unit | source |"
    yield "|---|---|---|---|"
    for name, constant in method.load().constants.items():
        yield f"| `{name}` | {constant.value:,g} | {constant.unit} | {constant.source} |"


def signals() -> Iterator[str]:
    """Yield the signals with their weights and rates."""
    yield "| signal | reads | weight | why | follower-equivalents per unit | why |"
    yield "|---|---|---|---|---|---|"
    for signal in method.load().signals:
        reads = ", ".join(f"`{verb}`" for verb in signal.verbs) or signal.reads
        weight, rate = signal.weight, signal.rate
        yield f"| {signal.name} | {reads} | {weight.value:g} | {weight.source} | {rate.value:g} | {rate.source} |"


def steps() -> Iterator[str]:
    """Yield what each step makes."""
    yield "| step | a row is | reads |"
    yield "|---|---|---|"
    for step in (*method.load().steps, *method.read_steps("explanations")):
        yield f"| `{step.name}` | {step.about} | {', '.join(f'`{name}`' for name in step.reads)} |"


def commands() -> Iterator[str]:
    """Yield every command with its arguments and options."""
    group = typer.main.get_command(cli.app)
    yield from _options(group)
    for path, command in _commands("renown", group):
        yield f"\n### `{' '.join([path, *_arguments(command)])}`\n"
        yield inspect.cleandoc(command.help or "") + "\n"
        yield from _options(command)


def _commands(path: str, command: Any) -> Iterator[tuple[str, Any]]:
    for name, below in command.commands.items():
        if hasattr(below, "commands"):
            yield from _commands(f"{path} {name}", below)
        else:
            yield f"{path} {name}", below


def _arguments(command: Any) -> list[str]:
    return [param.metavar or param.name.upper() for param in command.params if param.param_type_name == "argument"]


def _options(command: Any) -> Iterator[str]:
    for param in command.params:
        if param.param_type_name == "option" and "completion" not in param.opts[0] and param.help:
            yield f"- `{', '.join(param.opts)}` {param.help}"


def variables() -> Iterator[str]:
    """Yield the settings file as it is made."""
    yield "```toml"
    yield settings.TEMPLATE.rstrip()
    yield "```"


def mistakes() -> Iterator[str]:
    """Yield every error that is raised on purpose."""
    yield "| error | means |"
    yield "|---|---|"
    for name, kind in inspect.getmembers(errors, inspect.isclass):
        yield f"| `{name}` | {(kind.__doc__ or '').strip()} |"


def model_card() -> Iterator[str]:
    """Yield the model card, from the evaluations that `make evaluations` wrote."""
    used = method.load()
    yield answers.card(used, answers.read_evaluations(sorted(KEPT.glob("*.json")), used)).rstrip()


PRINTED: dict[str, tuple[str, Callable[[], Iterator[str]]]] = {
    "constants": ("method.md", constants),
    "signals": ("method.md", signals),
    "steps": ("method.md", steps),
    "card": ("model-card.md", model_card),
    "commands": ("command-line.md", commands),
    "settings": ("command-line.md", variables),
    "errors": ("command-line.md", mistakes),
}
"""Table to the page it stands on and what prints it."""


def printed(page: str) -> str:
    """Return a page with its tables as the code has them now."""
    text = (ROOT / page).read_text(encoding="utf-8")
    for name, (where, lines) in PRINTED.items():
        if where == page:
            before, mark, rest = text.partition(f"<!-- printed: {name} -->\n")
            _, end, after = rest.partition("<!-- end -->")
            if not (mark and end):
                msg = f"{page} has no place for {name!r}; write '<!-- printed: {name} -->' and '<!-- end -->'"
                raise LookupError(msg)
            text = "".join([before, mark, "\n".join(lines()), "\n", end, after])
    return text


if __name__ == "__main__":
    for page in sorted({page for page, _ in PRINTED.values()}):
        (ROOT / page).write_text(printed(page), encoding="utf-8")
