"""What the command line prints of groups and their races."""

import json

from renown.answers import GroupList, GroupLog, Standings
from renown.cli.prints import console, new_table, plain
from renown.spelling import plural
from renown.store import Verdict


def group_list(answer: GroupList) -> None:
    """Print every group."""
    table = new_table("", "group", "", "goal>", "joined by", "members>", "challenges>")
    for row in answer.groups:
        title = plain(row.title) if row.title != row.name else ""
        table.add_row(row.name, title, str(row.goal), row.join_by, str(row.members), str(row.challenges))
    console.print(table if answer.groups else "no group yet; make one with `renown group create klout70 --goal 70`")


def standings(answer: Standings) -> None:
    """Print a race: places, then who stands out."""
    what = f"challenge {answer.challenge}, {answer.first_day} to {answer.last_day}, " if answer.challenge else ""
    title = f"{plain(answer.title)}: {what}goal {answer.goal}; {answer.day or 'nothing logged yet'}"
    columns = ("#>", "who", "score>", "start>", "rise>", "of the way>", "reached", "days in a row>", "odds>")
    table = new_table(f"{title}, method {answer.method}" if answer.method else title, *columns)
    for row in answer.standings:
        figures = (_said(row.score, ".2f"), _said(row.start, ".2f"), _said(row.rise, "+.2f"))
        rest = (_said(row.handicap, "+.1%"), row.reached or "", str(row.streak or ""), _said(row.odds, ".0%"))
        table.add_row(_said(row.place, "d"), plain(row.who), *figures, *rest)
    console.print(table)
    marks = {
        "leads": answer.leads,
        "reached the goal first": answer.reached_first,
        "biggest rise": answer.biggest_rise,
        "most of the way": answer.best_handicap,
    }
    for what, who in marks.items():
        if who:
            console.print(f"{what}: {', '.join(map(plain, who))}")


def group_log(answer: GroupLog) -> None:
    """Print a log in short: its JSON has all of it."""
    table = new_table(f"the log of {answer.group}", "#>", "at", "", "day", "challenge>", "members", "digest")
    for place in (1, -1):
        table.columns[place].no_wrap = True
    for entry in answer.entries:
        said = json.loads(entry.said)
        told = ", ".join(f"{plain(one.member)} {_said(one.score and one.score / 100, '.2f')}" for one in entry.openings)
        of = (said["day"] or "", str(said["challenge"] or ""))
        table.add_row(str(entry.number), said["at"][:10], said["kind"], *of, told, entry.digest[:8])
    console.print(table)
    console.print(f"head {answer.head}", soft_wrap=True)


def verdict(answer: Verdict) -> None:
    """Print whether a log is what was written."""
    for fault in answer.faults:
        console.print(f"changed after it was written: {plain(fault)}", style="red", soft_wrap=True)
    if not answer.faults:
        erased = f", {plural(answer.erased, 'score')} of people who were forgotten" if answer.erased else ""
        console.print(
            f"none of {answer.entries:,} entries was changed{erased}; keep the head to tell later", soft_wrap=True
        )
    console.print(f"head {answer.head}", soft_wrap=True)


def _said(value: float | None, form: str) -> str:
    return "" if value is None else format(value, form)
