"""What the command line prints of daily life: runs, who was seen, standings and histories."""

from collections.abc import Sequence

from renown.answers import Range, Standing, Status, Timeline, top_said
from renown.answers.standing import Streak
from renown.cli.prints import console, new_table, plain
from renown.jobs.daily import Run
from renown.jobs.gather import Visit
from renown.spelling import plural


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


def standing_line(answer: Standing, sure: Range | None) -> None:
    """Print somebody's place and its moves in one line, and how sure the score is in another."""
    moves = (("day", answer.day_change), ("week", answer.week_change), ("month", answer.month_change))
    told = ", ".join(f"{_signed(change)} in a {span}" for span, change in moves if change is not None)
    console.print(f"{top_said(answer.top)}, rank {answer.rank:,}{told and f'; {told}'}")
    if sure and sure.drawn:
        others = "had others like those who reacted come by the same chance"
        console.print(f"{sure.low:.1f} to {sure.high:.1f}, nine times of ten, {others}", soft_wrap=True)


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


def _span(streak: Streak) -> str:
    return f"{streak.first_day} to {streak.last_day}" if streak.days else ""


def _signed(change: float | None) -> str:
    return "-" if change is None else f"{change:+.2f}"


def _instant(at: str | None) -> str:
    """Return an instant to the minute."""
    return at[:16].replace("T", " ") + " UTC" if at else "never"
