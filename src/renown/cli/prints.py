"""What the command line prints: tables for people, JSON for programs."""

import dataclasses
import json
from collections.abc import Sequence

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from renown.answers import (
    PARTS,
    Changes,
    Claimant,
    Explanation,
    GroupList,
    GroupLog,
    Held,
    Leaders,
    Receipt,
    Standing,
    Standings,
    Status,
    Timeline,
    Way,
    top_said,
)
from renown.answers.receipt import Line, SignalPoints, SignalReceipt
from renown.answers.standing import Streak
from renown.connectors.http.masks import setting
from renown.jobs.daily import Run
from renown.jobs.evaluate import Agreement
from renown.jobs.gather import Visit
from renown.jobs.learn import Learned
from renown.jobs.prove import Finding
from renown.jobs.rates import Rates
from renown.jobs.scale import Scale
from renown.jobs.spread import Spread
from renown.jobs.wishes import Granted
from renown.settings import Settings
from renown.store import PROOFS, Key, Person, Verdict

console = Console(highlight=False)

_UNITS = {"audience": "followers", "curation": "lists"}
_SUMS = {
    "account": "(no post named)",
    "unknown": "(actors not known by name)",
    "forgotten": "(no longer in the lake)",
    "profile": "(figures of the profile)",
    "rest": "(nobody in particular)",
}


Answer = (
    Agreement
    | Changes
    | Explanation
    | Held
    | GroupList
    | GroupLog
    | Leaders
    | Learned
    | Rates
    | Receipt
    | Run
    | Scale
    | Spread
    | Standing
    | Status
    | Standings
    | Timeline
    | Verdict
    | Way
)


def as_json(answer: Answer) -> None:
    """Print an answer as JSON: its fields by their names, in their order."""
    print(json.dumps(dataclasses.asdict(answer), indent=2, ensure_ascii=True))  # noqa: T201 - as it is, no width, no colours


def as_json_lines(answers: Sequence[Claimant | Finding | Granted | Visit]) -> None:
    """Print answers as JSON, one a line."""
    for answer in answers:
        print(json.dumps(dataclasses.asdict(answer), ensure_ascii=True))  # noqa: T201 - as above


def visits(answers: Sequence[Visit]) -> None:
    """Print what came of reading each account."""
    table = new_table("", "account", "requests>", "new>", "taken back>", "")
    for visit in answers:
        name = plain(f"{visit.network}:{visit.name}")
        table.add_row(
            name, f"{visit.requests:,}", f"{visit.new:,}", f"{visit.gone:,}", plain(visit.said) or "to the end"
        )
    console.print(table)


def run(answer: Run) -> None:
    """Print a line for each network, and for each day that is not final; the others were told of as they were done."""
    for row in answer.networks:
        read = f"{row.read:,} of {plural(row.accounts, 'account')} read, {row.failed:,} failed"
        said = f"; {plain(row.said)}" if row.said else ""
        console.print(f"{row.network}: {read}, last seen {_instant(row.seen_at)}{said}", soft_wrap=True)
    if answer.lost:
        said = f"{plural(answer.lost, 'missing day')} lie too far back; `renown run --from` publishes them"
        console.print(said, soft_wrap=True)
    for day in answer.days:
        if day.said or not day.final:
            known = plain(day.said) or "as far as it is known; a later run scores it again"
            console.print(f"{day.day}: {known}", soft_wrap=True)
    if not answer.days:
        console.print("every day that is over is published")


def status(answer: Status) -> None:
    """Print when everything was last seen, and which days are published."""
    table = new_table("", "account", "who", "last seen", "last tried")
    for network in answer.networks:
        for row in network.accounts:
            name = plain(f"{network.network}:{row.account}")
            instants = (_instant(row.seen_at), _instant(row.tried_at)) if network.readable else ("by files", "")
            table.add_row(name, plain(row.who), *instants)
    console.print(table)
    for network in answer.networks:
        for row in network.accounts:
            if row.said:
                console.print(f"{plain(f'{network.network}:{row.account}: {row.said}')}", soft_wrap=True)
    if answer.last_day is None:
        console.print("no day is published yet; `renown run` publishes today as far as it is known")
        return
    known = "final" if answer.final else "as far as it was known then"
    published = f"published {_instant(answer.published_at)}, {known}"
    console.print(f"{answer.last_day} is the latest day, {published}", soft_wrap=True)
    missing, gaps = ", ".join(answer.missing), ", ".join(answer.gaps)
    console.print(f"the next run publishes {missing or 'nothing new before today is over'}", soft_wrap=True)
    if gaps or answer.lost:
        earlier = f"{answer.lost:,} earlier" if answer.lost else ""
        passed = ", ".join(filter(None, (earlier, gaps)))
        console.print(f"passed over: {passed}; `renown run --from` publishes them", soft_wrap=True)


def standing(answer: Standing) -> None:
    """Print somebody's place, its moves, and how long a goal has held."""
    table = new_table(f"{plain(answer.who)}, {answer.day}", "", "", "")
    table.show_header = False
    table.add_row("score", f"{answer.score:.2f}", f"{top_said(answer.top)}, rank {answer.rank:,}")
    if answer.peers is not None:
        followers = "" if answer.audience is None else f", {answer.audience:,} followers"
        table.add_row("like audience", f"{answer.peers:.1f} %", f"of them are not higher{followers}")
    moves = ((1, answer.day_change), (7, answer.week_change), (30, answer.month_change))
    for days, change in moves:
        table.add_row(f"in {plural(days, 'day')}", _signed(change), "")
    table.add_row("highest", f"{answer.highest:.2f}", answer.highest_day)
    table.add_row("lowest", f"{answer.lowest:.2f}", answer.lowest_day)
    table.add_row("average", f"{answer.average:.2f}", f"of {plural(answer.scored, 'day')}")
    table.add_row(f"{answer.goal:g} or more", plural(answer.current.days, "day"), _span(answer.current))
    table.add_row("longest", plural(answer.longest.days, "day"), _span(answer.longest))
    asked = f"{answer.goal:g} or more on {plural(answer.in_a_row, 'day')} in a row"
    table.add_row(asked, "yes" if answer.met else "no", f"since {answer.met_since}" if answer.met else "")
    console.print(table)


def standing_line(answer: Standing) -> None:
    """Print somebody's place and its moves in one line."""
    moves = (("day", answer.day_change), ("week", answer.week_change), ("month", answer.month_change))
    told = ", ".join(f"{_signed(change)} in a {span}" for span, change in moves if change is not None)
    console.print(f"{top_said(answer.top)}, rank {answer.rank:,}{told and f'; {told}'}")


def history(answer: Timeline) -> None:
    """Print somebody's score of each day, and what to know of it."""
    table = new_table("", "day", "score>", "change>", "")
    switched = {switch.day: f"from here on by method {switch.method}" for switch in answer.switches}
    before: float | None = None
    for row in answer.days:
        said = "not published" if not row.published else "no score" if row.score is None else f"{row.score:.2f}"
        change = "" if before is None or row.score is None else f"{row.score - before:+.2f}"
        table.add_row(row.day, said, change, plain(switched.get(row.day, "")))
        before = row.score if row.published else before
    console.print(table)
    for gap in answer.unseen:
        span = gap.first_day if gap.days == 1 else f"{gap.first_day} to {gap.last_day}, {plural(gap.days, 'day')}"
        console.print(f"nothing was seen of {plain(gap.network)} on {span}", soft_wrap=True)


def claims(person: Person) -> None:
    """Print what a person claimed."""
    owned = ", ".join(
        plain(f"{claim.network}:{claim.account_id}") + ("" if claim.proven else " (not proven)")
        for claim in person.claims
    )
    console.print(f"{plain(person.name)} owns {owned}")


def roster(answers: Sequence[Claimant]) -> None:
    """Print who claimed what, with what proves it."""
    table = new_table("", "person", "consent", "account", "proof")
    for one in answers:
        name, consent = plain(one.name), f"{one.consent} {one.consent_at[:10]}"
        for owned in one.accounts:
            proof = owned.proof if owned.proven else f"not proven ({owned.proof})" if owned.proof else "not proven"
            table.add_row(name, consent, plain(f"{owned.network}:{owned.handle}"), proof)
            name = consent = ""
    console.print(table)


def to_prove(person: Person, page: str) -> None:
    """Print what each unproven account is to say."""
    for claim in person.claims:
        if not claim.proven:
            account, link = (
                plain(f"{claim.network}:{claim.account_id}"),
                f", or a link to {plain(page)}" if page else "",
            )
            console.print(f"{account}: put {claim.token} into its profile{link}", soft_wrap=True)


def findings(answers: Sequence[Finding]) -> None:
    """Print what proves each claim, or what is missing."""
    for one in answers:
        why = PROOFS[one.proof] if one.proof else plain(one.said) or "its profile shows neither the token nor the link"
        console.print(
            f"{plain(f'{one.network}:{one.name}')}: {'proven' if one.proof else 'not proven'}, {why}", soft_wrap=True
        )


def held(answer: Held) -> None:
    """Print how much each table holds of somebody."""
    table = new_table(f"held of {plain(answer.who)}", "table", "rows>")
    for one in answer.holdings:
        table.add_row(plain(one.name), f"{one.rows:,}")
    console.print(table)


def granted(answers: Sequence[Granted]) -> None:
    """Print what came of people's wishes."""
    for one in answers:
        console.print(f"{one.kind}: {plain(one.said) or 'done'}", soft_wrap=True)
    if not answers:
        console.print("nobody wishes anything that is not done, or another process is at it")


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


def _span(streak: Streak) -> str:
    return f"{streak.first_day} to {streak.last_day}" if streak.days else ""


def _signed(change: float | None) -> str:
    return "-" if change is None else f"{change:+.2f}"


def _instant(at: str | None) -> str:
    """Return an instant to the minute."""
    return at[:16].replace("T", " ") + " UTC" if at else "never"


def plain(text: str) -> str:
    """Return text that a terminal shows and never obeys."""
    return escape("".join(letter if letter.isprintable() else ascii(letter)[1:-1] for letter in text))


def new_table(title: str, *columns: str) -> Table:
    """Return an empty table; columns that end in > hold numbers."""
    table = Table(title=title, title_justify="left", title_style="bold", box=SIMPLE_HEAD)
    for column in columns:
        table.add_column(column.removesuffix(">"), justify="right" if column.endswith(">") else "left")
    return table


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


def plural(count: int, what: str) -> str:
    """Return how many there are of something."""
    return f"{count:,} {what}" + ("" if count == 1 else "s")
