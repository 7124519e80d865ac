"""Print leaderboards, receipts and score changes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.table import Table

from renown.answers.signal_words import signal_word
from renown.cli.output import console, cut_title, escape_text, new_table
from renown.text import plural

if TYPE_CHECKING:
    from rich.text import Text

    from renown.answers import (
        BestTimes,
        Changes,
        Discount,
        Explanation,
        Landmark,
        LeaderboardResult,
        MethodSwitch,
        Receipt,
    )
    from renown.answers.explain.receipt import SignalPoints
    from renown.answers.explain.receipt_lines import ReceiptLine, SignalReceipt
    from renown.answers.method_switch import CurrentReceipt

_PROFILE_SIGNALS = {"audience", "curation"}
_LINE_LABELS = {
    "account": "(no post)",
    "unknown": "(people not known by name)",
    "self_reported": "(counts from the person's own archive)",
    "forgotten": "(no longer in the lake)",
    "profile": "(profile counts)",
    "rest": "(no person in particular)",
}


def print_leaderboard(answer: LeaderboardResult) -> None:
    """Print the leaderboard of a day; a question mark tells that a score has not enough data."""
    title = f"{answer.day} UTC, method {answer.method}"
    padding = "" if all(row.has_enough_data for row in answer.leaders) else " "
    table = new_table(title, "#>", "person", f"score{padding}>", "people reached>", "days observed>")
    for row in answer.leaders:
        score = f"{row.score:.2f}{padding if row.has_enough_data else '?'}"
        days = f"{row.days} of {answer.window}"
        table.add_row(str(row.rank), escape_text(row.name), score, f"{row.people:,}", days)
    console.print(table)
    if padding:
        console.print("?: not enough data, since few days or few people are known by name")


def print_landmarks(answers: Sequence[Landmark]) -> None:
    """Print landmarks with the counts that their scores are computed from."""
    table = new_table("", "landmark", "score>", "followers>", "lists>", "reactions>", "counts of")
    for landmark in answers:
        table.add_row(
            escape_text(landmark.name),
            f"{landmark.score:.2f}",
            *("" if count is None else f"{count:,}" for count in (landmark.followers, landmark.lists)),
            f"{landmark.reaction_count:,}" if landmark.reactions else "",
            landmark.day,
        )
    console.print(table)


def print_receipt(answer: Receipt) -> None:
    """Print a score and the points that add up to it."""
    table = new_table(f"{escape_text(answer.name)}, {answer.day} UTC", "account…", "signal", "received>", "points>")
    for row in answer.points:
        table.add_row(
            escape_text(row.account),
            signal_word(row.signal),
            _format_received(row),
            f"{row.points:.4f}",
        )
    table.add_row("", "everybody", "", f"{answer.base_score:.4f}")
    table.add_row("", "score", "", f"{answer.score:.4f}", style="bold")
    console.print(table)
    coverage = answer.coverage
    people = (
        "no person known by name"
        if coverage.has_counts_only
        else f"{plural(coverage.people, 'person', 'people')} reached"
    )
    console.print(
        f"{people}, {coverage.days} of {coverage.window} UTC days observed, "
        f"{plural(coverage.networks, 'network')}; method {answer.method}, inputs {answer.inputs[:12]}"
    )
    if coverage.self_reported_points:
        console.print(
            f"{coverage.self_reported_points:.1f} points come from the person's own archive, which is easy to edit; "
            "they count less, and leaderboards, groups and odds leave them out",
            style="yellow",
        )
    for doubt in coverage.warnings:
        console.print(f"not enough data: {doubt}", style="yellow")


def print_current_receipt(answer: CurrentReceipt) -> None:
    """Print a receipt, then what the latest switch of the method did to the score."""
    print_receipt(answer)
    if answer.method_switch:
        console.print(format_method_switch(answer.method_switch), soft_wrap=True)


def format_method_switch(switch: MethodSwitch) -> str:
    """Format what a switch of the method did to a score."""
    changes = ", ".join(
        f"{signal_word(change.signal)} {change.after - change.before:+z.1f}" for change in switch.move.signals
    )
    data = (
        f"both from the data of {switch.before_day}"
        if switch.before_day == switch.after_day
        else f"on {switch.before_day} and {switch.after_day}"
    )
    return (
        f"on {switch.day} the method changed from {switch.before_method} to {switch.method}: "
        f"{switch.move.before:.1f} became {switch.move.after:.1f} ({data}); {changes}"
    )


def print_explanation(answer: Explanation) -> None:
    """Print a receipt, then each signal by people and by posts; followers and lists have neither."""
    print_receipt(answer.receipt)
    for signal in answer.signals:
        if signal.subject.received and signal.subject.signal not in _PROFILE_SIGNALS:
            console.print(_signal_table(signal))
        for discount in signal.discounts:
            if discount.counted < discount.full:
                console.print(format_discount(signal.subject, discount), style="yellow")
    for network in answer.unjudged_networks:
        console.print(
            f"{network}: nobody can be told apart there, so everybody who reacts counts as known, except people to "
            "whom the person reacts, too; the page /method of `renown serve` says when",
            style="yellow",
        )


def format_discount(subject: SignalPoints, discount: Discount) -> str:
    """Format what counts only in part, with the reason."""
    from renown.answers import describe_discount

    return f"{escape_text(subject.account)}: {describe_discount(discount, subject.signal)}"


def print_changes(answer: Changes) -> None:
    """Print the causes of a score change with their signed points; those that changed nothing are left out."""
    from renown.answers import CAUSES

    title = f"{escape_text(answer.name)}, {answer.first_day} to {answer.last_day} UTC"
    table = new_table(title, "cause", "", "points>")
    table.add_row("", f"score on {answer.first_day}", f"{answer.first:.4f}")
    for part in answer.causes:
        if round(part.points, 4):
            table.add_row(part.kind, CAUSES[part.kind], f"{part.points:+z.4f}")
    table.add_row("", f"score on {answer.last_day}", f"{answer.last:.4f}", style="bold")
    console.print(table)
    console.print(escape_text(answer.summary.sentence))


def print_best_times(answer: BestTimes) -> None:
    """Print the best hours of the week, and how sure they are."""
    title = f"{escape_text(answer.name)}, {answer.day}: when reactions come ({answer.time_zone})"
    if answer.best:
        table = new_table(title, "hour", "share>", "90% interval>", "better than average")
        for slot in answer.best:
            hours = f"{slot.weekday}, {slot.hour}:00 to {slot.hour + 1}:00"
            is_better = "surely" if slot.is_sure else "perhaps"
            table.add_row(hours, f"{slot.percent:.1f}%", f"{slot.low:.1f} to {slot.high:.1f}%", is_better)
        console.print(table)
    console.print(answer.message, soft_wrap=True)


def print_change_details(answer: Changes) -> None:
    """Print each signal of each cause, by people and by posts."""
    for part in answer.causes:
        for signal in part.signals:
            word = signal_word(signal.signal)
            head = f"{part.kind}, {escape_text(signal.account)} {word}: {signal.points:+z.4f} points"
            table = new_table(head, "from…", "reactions>", "points>", "on…", "reactions>", "points>")
            for row in range(max(len(signal.actors), len(signal.posts))):
                cells = (
                    _line_cells(signal.actors, row, "person", sign="+"),
                    _line_cells(signal.posts, row, "post", sign="+"),
                )
                table.add_row(*cells[0], *cells[1])
            console.print(table)


def _signal_table(signal: SignalReceipt) -> Table:
    subject = signal.subject
    head = (
        f"{escape_text(subject.account)} {signal_word(subject.signal)}: "
        f"{subject.points:.4f} points of {_format_received(subject)}"
    )
    table = new_table(head, "from…", "reactions>", "points>", "on…", "reactions>", "points>")
    for row in range(max(len(signal.actors), len(signal.posts))):
        table.add_row(*_line_cells(signal.actors, row, "person"), *_line_cells(signal.posts, row, "post"))
    return table


def _line_cells(lines: tuple[ReceiptLine, ...], row: int, noun: str, *, sign: str = "") -> tuple[str | Text, str, str]:
    if row >= len(lines):
        return "", "", ""
    line = lines[row]
    if line.kind == "others":
        nouns = plural(line.count, f"more {noun}", "more people" if noun == "person" else "")
        return f"({nouns})", "", f"{line.points:{sign}.4f}"
    acts = f"{line.count:{sign},}" if line.count else ""
    return _LINE_LABELS.get(line.kind) or _name_cell(line), acts, f"{line.points:{sign}.4f}"


def _name_cell(line: ReceiptLine) -> str | Text:
    """Return a cell with the name of an actor, the title of a post, or its id if no title is known."""
    if line.title:
        return cut_title(line.title)
    return escape_text(line.name.partition(":")[2] if line.kind == "actor" else line.name)


def _format_received(row: SignalPoints) -> str:
    if row.signal in _PROFILE_SIGNALS:
        return f"{row.received:,.0f} {signal_word(row.signal, round(row.received))}"
    return f"{format_amount(row.received)} trusted people"


def format_amount(amount: float) -> str:
    """Format an amount of reactions with one decimal, or with two digits if it is below 1."""
    return f"{amount:.2g}" if 0 < amount < 1 else f"{amount:,.1f}"
