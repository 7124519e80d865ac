"""
Generate the tables of the documentation from the code: constants, steps, commands, settings, errors.

    python docs/tables.py          # rewrites the tables in place
"""

import inspect
import json
import re
import textwrap
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import typer.main

from renown import cli, errors, exports, frames, method, research, settings
from renown.research.faking import iter_faking_lines

ROOT = Path(__file__).parent
FAKING_VERSION = "3"
"""Version of the method whose trust the documentation explains."""
EXPORT_TYPES = {
    "VARCHAR": "text",
    "VARCHAR[]": "list of texts",
    "DOUBLE": "real number",
    "BIGINT": "whole number",
    "INTEGER": "whole number",
    "BOOLEAN": "true or false",
    "DATE": "date",
    "TIMESTAMP WITH TIME ZONE": "instant",
}
"""Type of an exported column in words."""
EVALUATIONS = ROOT.parent / "src" / "renown" / "method" / "evaluations"


def constants() -> Iterator[str]:
    """Yield the table of constants of the method."""
    yield "| constant | value | unit | source |"
    yield "|---|---|---|---|"
    for name, constant in method.load_method().constants.items():
        yield f"| `{name}` | {constant.value:,g} | {constant.unit} | {constant.source} |"


def signals() -> Iterator[str]:
    """Yield the table of signals with their weights and exchange rates."""
    yield "| signal | reads | weight | why | follower-equivalents per unit | why |"
    yield "|---|---|---|---|---|---|"
    for signal in method.load_method().signals:
        reads = ", ".join(f"`{verb}`" for verb in signal.verbs) or signal.reads
        weight, rate = signal.weight, signal.rate
        yield f"| {signal.name} | {reads} | {weight.value:g} | {weight.source} | {rate.value:g} | {rate.source} |"


def ages() -> Iterator[str]:
    """Yield the table of weights by age, and by quarter of the day."""
    default_method = method.load_method()
    yield "| age | weight |"
    yield "|---|---|"
    for quarter, weight in enumerate(default_method.quarter_weights):
        yield f"| the day itself, from {6 * quarter} to {6 * quarter + 6} o'clock | {weight:g} |"
    for first, last, weight in default_method.age_steps()[1:]:
        days = f"{first} days" if first == last else f"{first} to {last} days"
        yield f"| {days} | {weight:g} |"


def curves() -> Iterator[str]:
    """Yield a table of the curves to follower-equivalents."""
    yield "| value | amount | followers |"
    yield "|---|---|---|"
    for name, curve in method.load_method().curves.items():
        for value, equivalent in curve.points:
            yield f"| {name} | {value:,g} | {equivalent:,.0f} |"


def network_values() -> Iterator[str]:
    """Yield the table of rates and curves that differ on a network."""
    default_method = method.load_method()
    yield "| network | differs | value | source |"
    yield "|---|---|---|---|"
    for (network, signal), rate in sorted(default_method.rates.items()):
        yield f"| {network} | rate of {signal} | {rate.value:g} | {rate.source} |"
    for (network, name), curve in sorted(default_method.network_curves.items()):
        points = ", ".join(f"{value:g}: {equivalent:,.0f}" for value, equivalent in curve.points)
        yield f"| {network} | curve of {name} | {points} | {curve.source} |"


def steps() -> Iterator[str]:
    """Yield the table of SQL steps."""
    yield "| step | a row is | reads |"
    yield "|---|---|---|"
    default_method = method.load_method()
    for step in (*default_method.all_steps(), *default_method.explanation_steps):
        yield f"| `{step.name}` | {step.description} | {', '.join(f'`{name}`' for name in step.reads)} |"


def commands() -> Iterator[str]:
    """Yield the reference of all commands with their arguments and options."""
    group = typer.main.get_command(cli.app)
    yield from _options(group)
    for path, command in _commands("renown", group):
        yield f"\n### `{' '.join([path, *_arguments(command)])}`\n"
        for paragraph in (command.help or "").split("\n\n"):
            yield textwrap.fill(paragraph, 120, break_long_words=False, break_on_hyphens=False) + "\n"
        yield from _options(command)


def _commands(path: str, command: Any) -> Iterator[tuple[str, Any]]:
    for name, subcommand in command.commands.items():
        if hasattr(subcommand, "commands"):
            yield from _commands(f"{path} {name}", subcommand)
        else:
            yield f"{path} {name}", subcommand


def _arguments(command: Any) -> list[str]:
    return [param.metavar or param.name.upper() for param in command.params if param.param_type_name == "argument"]


def _options(command: Any) -> Iterator[str]:
    for param in command.params:
        if param.param_type_name == "option" and "completion" not in param.opts[0] and param.help:
            yield f"- `{', '.join(param.opts)}` {param.help}"


def settings_template() -> Iterator[str]:
    """Yield the settings file that `renown init` creates."""
    yield "```toml"
    yield settings.TEMPLATE.rstrip()
    yield "```"


def error_table() -> Iterator[str]:
    """Yield the table of errors."""
    yield "| error | means |"
    yield "|---|---|"
    for name, kind in inspect.getmembers(
        errors, lambda item: inspect.isclass(item) and item.__module__ == errors.__name__
    ):
        yield f"| `{name}` | {(kind.__doc__ or '').strip()} |"


def export_tables() -> Iterator[str]:
    """Yield the columns of each exported table."""
    for table, columns in exports.EXPORT_COLUMNS.items():
        yield f"\n### {table}\n"
        yield "| column | type | meaning |"
        yield "|---|---|---|"
        for column in columns:
            yield f"| `{column.name}` | {EXPORT_TYPES[column.sql_type]} | {column.meaning} |"


def python_api() -> Iterator[str]:
    """Yield the reference of the Python API from its docstrings."""
    yield from _python_member("renown.open", frames.open)
    for owner, kind in (("home", frames.HomeFrames), ("table", frames.Table)):
        for name, member in _public_members(kind):
            yield from _python_member(f"{owner}.{name}", member)


def _public_members(kind: type) -> Iterator[tuple[str, Any]]:
    """Yield what a class defines, and before it what its bases do, in the order of the source."""
    for base in reversed(kind.__mro__[:-1]):
        yield from ((name, member) for name, member in vars(base).items() if not name.startswith("_"))


def _python_member(name: str, member: Any) -> Iterator[str]:
    signature = "" if isinstance(member, property) else _signature(member)
    yield f"\n### `{name}{signature}`\n"
    paragraphs, *sections = re.split(r"\n\n(\w+)\n-+\n", inspect.getdoc(member) or "")
    yield re.sub("``", "`", paragraphs)
    for title, text in zip(sections[::2], sections[1::2], strict=True):
        yield f"\n{title}:\n"
        for item in re.split(r"\n(?! )", text):
            head, _, body = item.partition("\n")
            names, _, kinds = head.partition(" : ")
            words = " ".join(re.sub("``", "`", body).split())
            yield f"- `{names}`{f' ({kinds})' if kinds else ''}{f': {words}' if words else ''}"


def _signature(function: Any) -> str:
    """Return the parameters of a function without their types, which its docstring has."""
    parameters = [
        parameter.replace(annotation=inspect.Parameter.empty)
        for parameter in inspect.signature(function).parameters.values()
        if parameter.name != "self"
    ]
    return str(inspect.Signature(parameters))


def faking_table(rows: str) -> Iterator[str]:
    """Yield the table of what attacks gain, as `benchmarks/faking.py` measured it."""
    path = EVALUATIONS / FAKING_VERSION / "faking.json"
    yield from iter_faking_lines(json.loads(path.read_text(encoding="utf-8"))[rows])


def model_card() -> Iterator[str]:
    """Yield the model card, with the evaluations that `make evaluations` wrote."""
    default_method = method.load_method()
    yield research.render_model_card(
        default_method,
        research.read_evaluations(sorted((EVALUATIONS / default_method.version).glob("*.json")), default_method),
    ).rstrip()


PLOTS = {
    "pairs": "AUC of orders of people, on people who were not in the training data",
    "weights": "AUC against the evenness of the weights",
    "klout": "Difference from Klout's scores",
    "spread": "Rank correlation with later reposts",
    "coverage": "Scores from some of the values against the score from all",
}
"""Name of each plot of an evaluation to its caption."""


def plots() -> Iterator[str]:
    """Yield the plots that `make evaluations` drew for the default method."""
    for name, caption in PLOTS.items():
        yield f"![{caption}](../evaluations/{method.load_method().version}/{name}.svg)"


PRINTED: dict[str, tuple[str, Callable[[], Iterator[str]]]] = {
    "constants": ("reference/method.md", constants),
    "ages": ("reference/method.md", ages),
    "curves": ("reference/method.md", curves),
    "network values": ("reference/method.md", network_values),
    "signals": ("reference/method.md", signals),
    "steps": ("reference/method.md", steps),
    "card": ("reference/model-card.md", model_card),
    "plots": ("reference/model-card.md", plots),
    "faking": ("explanation/trust.md", partial(faking_table, "rows")),
    "faking-claimed": ("explanation/trust.md", partial(faking_table, "claimed_rows")),
    "commands": ("reference/command-line.md", commands),
    "python": ("reference/python.md", python_api),
    "exports": ("reference/exports.md", export_tables),
    "settings": ("reference/settings.md", settings_template),
    "errors": ("reference/command-line.md", error_table),
}
"""Name of each table to its page and the function that generates it."""


def render_page(page: str) -> str:
    """Return the text of a page with its tables generated anew."""
    text = (ROOT / page).read_text(encoding="utf-8")
    for name, (table_page, lines) in PRINTED.items():
        if table_page == page:
            before, start_mark, after_mark = text.partition(f"<!-- printed: {name} -->\n")
            _, end_mark, after = after_mark.partition("<!-- end -->")
            if not (start_mark and end_mark):
                raise LookupError(
                    f"{page} has no marks of table {name!r}; add '<!-- printed: {name} -->' and '<!-- end -->'"
                )
            text = "".join([before, start_mark, "\n".join(lines()), "\n", end_mark, after])
    return text


if __name__ == "__main__":
    for page in sorted({page for page, _ in PRINTED.values()}):
        (ROOT / page).write_text(render_page(page), encoding="utf-8")
