"""What the command line prints of scores: leaders, receipts, and what moved them."""

from rich.table import Table

from renown.answers import PARTS, Changes, Explanation, Leaders, Receipt
from renown.answers.receipt import Line, SignalPoints, SignalReceipt
from renown.cli.prints import console, new_table, plain
from renown.spelling import plural

_UNITS = {"audience": "followers", "curation": "lists"}
_SUMS = {
    "account": "(no post named)",
    "unknown": "(actors not known by name)",
    "forgotten": "(no longer in the lake)",
    "profile": "(figures of the profile)",
    "rest": "(nobody in particular)",
}


def leaders(answer: Leaders) -> None:
    """Print the leaders of a day."""
    table = new_table(
        f"{answer.day}, method {answer.method}", "#>", "who", "score>", "people reached>", "days observed>"
    )
    for row in answer.leaders:
        days = f"{row.days} of {answer.window}"
        table.add_row(str(row.place), plain(row.who), f"{row.score:.2f}", f"{row.people:,}", days)
    console.print(table)


def receipt(answer: Receipt) -> None:
    """Print a score and the points that sum to it."""
    table = new_table(f"{plain(answer.who)}, {answer.day}", "account", "signal", "received>", "points>")
    for row in answer.points:
        table.add_row(plain(row.account), row.signal, _received(row), f"{row.points:.4f}")
    table.add_row("", "everybody", "", f"{answer.everybody:.4f}")
    table.add_row("", "score", "", f"{answer.score:.4f}", style="bold")
    console.print(table)
    seen = answer.coverage
    console.print(
        f"{seen.people:,} people reached, {seen.days} of {seen.window} days observed, "
        f"{plural(seen.networks, 'network')}; method {answer.method}, inputs {answer.inputs[:12]}"
    )
    for doubt in seen.doubts:
        console.print(f"not enough data: {doubt}", style="yellow")


def explanation(answer: Explanation) -> None:
    """Print a receipt, then each signal twice, by actors and by posts; a profile's figure has neither."""
    receipt(answer.receipt)
    for signal in answer.signals:
        if signal.of.received and signal.of.signal not in _UNITS:
            console.print(_signal(signal))


def changes(answer: Changes) -> None:
    """Print the signed parts of a move."""
    title = f"{plain(answer.who)}, {answer.first_day} to {answer.last_day}"
    table = new_table(title, "part", "", "points>")
    table.add_row("", f"score on {answer.first_day}", f"{answer.first:.4f}")
    for part in answer.parts:
        if part.points or part.kind not in {"coverage", "forgotten"}:
            table.add_row(part.kind, PARTS[part.kind], f"{part.points:+.4f}")
    table.add_row("", f"score on {answer.last_day}", f"{answer.last:.4f}", style="bold")
    console.print(table)


def movers(answer: Changes) -> None:
    """Print each part's signals, twice: by actors and by posts."""
    for part in answer.parts:
        for signal in part.signals:
            head = f"{part.kind}, {plain(signal.account)} {signal.signal}: {signal.points:+.4f} points"
            table = new_table(head, "from", "acts>", "points>", "on", "acts>", "points>")
            for row in range(max(len(signal.actors), len(signal.posts))):
                cells = (
                    _cells(signal.actors, row, "people", signed="+"),
                    _cells(signal.posts, row, "posts", signed="+"),
                )
                table.add_row(*cells[0], *cells[1])
            console.print(table)


def _signal(signal: SignalReceipt) -> Table:
    of = signal.of
    head = f"{plain(of.account)} {of.signal}: {of.points:.4f} points of {_received(of)}"
    table = new_table(head, "from", "acts>", "points>", "on", "acts>", "points>")
    for row in range(max(len(signal.actors), len(signal.posts))):
        table.add_row(*_cells(signal.actors, row, "people"), *_cells(signal.posts, row, "posts"))
    return table


def _cells(lines: tuple[Line, ...], row: int, what: str, *, signed: str = "") -> tuple[str, str, str]:
    if row >= len(lines):
        return "", "", ""
    line = lines[row]
    if line.kind == "others":
        return f"({line.count:,} more {what})", "", f"{line.points:{signed}.4f}"
    name = line.name.partition(":")[2] if line.kind == "actor" else line.name
    acts = f"{line.count:{signed},}" if line.count else ""
    return _SUMS.get(line.kind) or plain(name), acts, f"{line.points:{signed}.4f}"


def _received(row: SignalPoints) -> str:
    unit = _UNITS.get(row.signal)
    few = f"{row.received:.2g}" if 0 < row.received < 1 else f"{row.received:,.1f}"
    return f"{row.received:,.0f} {unit}" if unit else f"{few} trusted people"
