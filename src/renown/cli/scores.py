"""
Scores: compute and publish days, print leaders, receipts and changes, export rows.

A person's standing and history.

Goals: what would bring a person to a score.
"""

from __future__ import annotations

import os
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from renown.cli import output
from renown.cli.groups import record_group_scores
from renown.cli.options import JsonLinesOption, JsonOption, PersonArgument, check_plot_path, parse_optional_day
from renown.cli.output import SIGNAL_WORDS, console, escape_text, new_table, runs, scores
from renown.cli.progress import ProgressBar
from renown.errors import InvalidInputError
from renown.text import plural

if TYPE_CHECKING:
    from renown import answers
    from renown.answers import GoalForecast, GoalPlan, PersonProfile
    from renown.home import Home
    from renown.method.file import Method
    from renown.scoring import Subject
    from renown.store import PublishedDay, ServedScore

DayOption = Annotated[str | None, typer.Option(help="UTC day, as 2026-11-23. Default: the latest published.")]
MethodVersionOption = Annotated[
    str | None, typer.Option("--method", help="Version of the method. Default: that of the day.")
]


def score(
    context: typer.Context,
    day: Annotated[
        str | None, typer.Option(help="UTC day, as 2026-11-23. Default: today, although it is not over.")
    ] = None,
    from_: Annotated[str | None, typer.Option("--from", help="First of several days.")] = None,
    to: Annotated[str | None, typer.Option("--to", help="Last of several days.")] = None,
    engine: Annotated[str | None, typer.Option(help="duckdb or spark. Default: the setting engine.name.")] = None,
    method_file: Annotated[Path | None, typer.Option("--method", help="Method file. Default: the home's.")] = None,
    claimed: Annotated[
        bool, typer.Option("--claimed", help="Recompute only the claimed people, marked as such; publish nothing.")
    ] = False,
) -> None:
    """
    Compute and publish the scores of one or more days.

    Without a day it scores today so far; score it again tomorrow. `renown run` does that by itself. With a method that
    has a ledger, the last 90 days of people who have no history yet are recomputed, too.

    Example: `renown score --from 2026-11-01 --to 2026-11-23`
    """
    from renown import method, runs
    from renown.home import open_home
    from renown.runs import profiles

    home = open_home(context.obj, os.environ)
    scoring_method = method.load_method(method_file) if method_file else home.method
    last_day = parse_optional_day(to or day) or datetime.now(UTC).date()
    first_day = parse_optional_day(from_) or last_day
    if first_day > last_day:
        raise InvalidInputError(f"--from is {first_day}, after the last day, {last_day}; write the earlier day first")
    resources = replace(home.run_resources, method=scoring_method, open_engine=lambda: home.engine(engine))
    with runs.file_lock(home.settings.home / runs.RUN_LOCK, at=datetime.now(UTC)):
        if claimed:
            with ProgressBar() as bar:
                runs.recompute_range(resources, first=first_day, last=last_day, now=datetime.now(UTC), progress=bar)
            return
        for offset in range((last_day - first_day).days + 1):
            published_day = _score_day(home, scoring_method, first_day + timedelta(days=offset), engine)
        with ProgressBar() as bar:
            runs.recompute_missing_days(resources, now=datetime.now(UTC), progress=bar)
        if published_day == home.days.find():
            with ProgressBar() as bar:
                profiles.build_profiles(
                    home.reader,
                    home.lake,
                    home.people,
                    home.profiles,
                    published_day,
                    previous_day=home.days.find_previous(published_day),
                    progress=bar,
                )


def _score_day(home: Home, scoring_method: Method, day: date, engine: str | None) -> PublishedDay:
    """Score a day, and log the groups' scores."""
    from renown import scoring

    with home.engine(engine) as session, ProgressBar() as bar:
        published_day = scoring.score(
            session,
            home.lake,
            home.days,
            home.people,
            scoring_method,
            day=day,
            now=datetime.now(UTC),
            progress=bar,
        )
    record_group_scores(home, day)
    if not published_day.is_default:
        console.print(
            f"{day} has scores by another method as its default; read these with --method {published_day.method}"
        )
    return published_day


def top(
    context: typer.Context,
    n: Annotated[int, typer.Option("-n", min=1, help="Number of people.")] = 20,
    day: DayOption = None,
    method_version: MethodVersionOption = None,
    json: JsonOption = False,
) -> None:
    """Print the leaderboard of a day: who has the highest scores."""
    from renown import answers
    from renown.home import open_home
    from renown.store import PublishedTables

    home = open_home(context.obj, os.environ)
    with home.reader() as engine, PublishedTables(home.days.find(parse_optional_day(day), method_version)) as published:
        answer = answers.load_leaderboard(published, engine, home.lake, n=n)
    (output.print_json if json else scores.print_leaderboard)(answer)


def landmarks(context: typer.Context, json: JsonLinesOption = False) -> None:
    """
    Print the public figures of the file that the setting serve.landmarks names, with the scores that pages show.

    Scores are computed by the method from the counts in the file. Who opted out is left out.

    Example: `renown landmarks`
    """
    from renown import answers
    from renown.home import open_home

    home = open_home(context.obj, os.environ)
    if home.settings.serve.landmarks is None:
        raise InvalidInputError(
            "no landmarks are listed, so pages show none; write a file with a table [[landmarks]] for each, and name "
            "it in the setting serve.landmarks"
        )
    visibility = answers.load_visibility(home.people, home.settings.serve, version=0)
    shown = [
        landmark
        for landmark in home.load_landmarks()
        if landmark.is_visible(visibility, home.profiles.find_owner(landmark.network, landmark.account_id))
    ]
    (output.print_json_lines if json else scores.print_landmarks)(shown)


def show(
    context: typer.Context,
    who: PersonArgument,
    day: DayOption = None,
    method_version: MethodVersionOption = None,
    json: JsonOption = False,
) -> None:
    """
    Print a person's score and its receipt: the points of each account and signal, which add up to the score.

    Examples: `renown show ada`, `renown show bluesky:ada.bsky.social --day 2026-11-23`
    """
    from renown import answers, scoring
    from renown.home import open_home
    from renown.store import PublishedTables

    home = open_home(context.obj, os.environ)
    with home.reader() as engine, PublishedTables(home.days.find(parse_optional_day(day), method_version)) as published:
        subject = scoring.resolve_subject(who, engine, home.lake, home.people)
        answer = answers.add_method_switch(
            answers.compute_receipt(subject, published, engine, home.lake),
            _load_method_switch(home, subject, published.day),
        )
    (output.print_json if json else scores.print_current_receipt)(answer)
    served_score = home.served_scores.find(subject.key)
    if not json and served_score and answer.day == f"{served_score.day}" and method_version is None:
        profile = answers.load_current_profile(home.profiles, served_score)
        runs.print_standing_line(
            answers.compute_standing(home.served_scores, served_score.key), profile.range if profile else None
        )


def _load_method_switch(home: Home, subject: Subject, day: PublishedDay) -> answers.MethodSwitch | None:
    """Load what the latest switch of the method did to a person; None if the day is not by its default method."""
    from renown import answers

    switch = answers.find_switch_days(home.days, day.day) if day.is_default else None
    return answers.explain_method_switch(switch, subject.key) if switch else None


def explain(
    context: typer.Context,
    who: PersonArgument,
    day: DayOption = None,
    method_version: MethodVersionOption = None,
    top: Annotated[int, typer.Option(min=0, help="Number of people and posts to list per signal.")] = 10,
    json: JsonOption = False,
) -> None:
    """
    Print a person's receipt in detail: from which people and posts the points of each signal came.

    Example: `renown explain ada --top 10`
    """
    from renown.home import open_home

    home = open_home(context.obj, os.environ)
    print_result = output.print_json if json else scores.print_explanation
    print_result(load_explanation(home, who, parse_optional_day(day), method_version, top))


def load_explanation(
    home: Home, name: str, day: date | None, method_version: str | None, top: int
) -> answers.Explanation:
    """Load a person's receipt with the people and posts of each signal."""
    from renown import answers, scoring
    from renown.store import PublishedTables

    with home.reader() as engine, PublishedTables(home.days.find(day, method_version)) as published:
        subject = scoring.resolve_subject(name, engine, home.lake, home.people)
        return answers.explain(subject, published, engine, home.lake, top=top)


def changes(
    context: typer.Context,
    who: PersonArgument,
    day: DayOption = None,
    since: Annotated[
        str | None, typer.Option(help="Earlier UTC day to compare with. Default: the published day before.")
    ] = None,
    with_people: Annotated[
        bool, typer.Option("--people", help="Also print the people and posts behind each cause.")
    ] = False,
    json: JsonOption = False,
) -> None:
    """
    Print why a person's score changed between two published days: causes whose points add up to the change.

    Example: `renown changes ada --since 2026-11-01 --people`
    """
    from renown import answers, scoring
    from renown.home import open_home
    from renown.store import PublishedTables

    home = open_home(context.obj, os.environ)
    later_day = home.days.find(parse_optional_day(day))
    earlier_day = home.days.find(parse_optional_day(since)) if since else home.days.find_before(later_day)
    with (
        home.reader() as engine,
        PublishedTables(earlier_day) as earlier_tables,
        PublishedTables(later_day) as later_tables,
    ):
        subject = scoring.resolve_subject(who, engine, home.lake, home.people)
        answer = answers.explain_changes(subject, earlier_tables, later_tables, engine, home.lake)
    (output.print_json if json else scores.print_changes)(answer)
    if with_people and not json:
        scores.print_change_details(answer)


def alerts(
    context: typer.Context,
    points: Annotated[float, typer.Option(min=0.01, help="Points by which a score must have moved.")] = 1.0,
    day: DayOption = None,
    since: Annotated[
        str | None, typer.Option(help="Earlier UTC day to compare with. Default: the published day before.")
    ] = None,
    json: JsonLinesOption = False,
) -> None:
    """
    Print the people whose score moved by a point or more between two published days, the largest fall first.

    `renown run` prints the same for the days that it published; cron sends what it prints by mail.

    Example: `renown alerts --points 2 --since 2026-11-16`
    """
    from renown import answers
    from renown.home import open_home

    home = open_home(context.obj, os.environ)
    later_day = home.days.find(parse_optional_day(day))
    earlier_day = home.days.find(parse_optional_day(since)) if since else home.days.find_before(later_day)
    answer = answers.find_score_alerts(home.people.all_consenting(), earlier_day, later_day, points=points)
    if json:
        output.print_json_lines(answer)
        return
    runs.print_alerts(answer)
    if not answer:
        console.print(f"nobody's score moved by {points:g} points from {earlier_day.day} to {later_day.day}")


def export(
    context: typer.Context,
    table: Annotated[str, typer.Argument(help="scores or points.")],
    to: Annotated[Path, typer.Option(help="File to write: .parquet or .csv.")],
    day: DayOption = None,
    method_version: MethodVersionOption = None,
) -> None:
    """
    Export the scores or points of a published day to a CSV or Parquet file, always in the same order.

    Example: `renown export scores --to scores.csv`
    """
    from renown.home import open_home
    from renown.scoring.points import open_all_points
    from renown.store import PublishedTables

    if table not in {"scores", "points"} or to.suffix not in {".csv", ".parquet"}:
        raise InvalidInputError(
            f"cannot export {table!r} to {str(to)!r}; export scores or points to a .csv or .parquet file"
        )
    if not to.parent.is_dir():
        raise InvalidInputError(f"there is no folder {str(to.parent)!r} to export to; create it first")
    home = open_home(context.obj, os.environ)
    published_day = home.days.find(parse_optional_day(day), method_version)
    with ExitStack() as resources:
        if table == "points":
            engine = resources.enter_context(home.reader())
            published = resources.enter_context(open_all_points(engine, home.lake, published_day, home.settings.home))
        else:
            published = resources.enter_context(PublishedTables(published_day))
        # Registered before it is written: `renown forget` must reach every file with people's scores.
        home.days.exports.add(to)
        console.print(f"{published.export(table, to):,} rows written to {to}")


def standing(
    context: typer.Context,
    who: PersonArgument,
    goal: Annotated[float, typer.Option(min=1, max=100, help="Score to reach.")] = 70.0,
    days: Annotated[int, typer.Option(min=1, help="Number of consecutive days at or above it.")] = 30,
    json: JsonOption = False,
) -> None:
    """
    Print a person's rank on the latest day, how the score changed, and their streak at or above a goal.

    Example: `renown standing ada --goal 70 --days 30`
    """
    from renown import answers
    from renown.home import open_home

    home = open_home(context.obj, os.environ)
    answer = answers.compute_standing(home.served_scores, find_key(home, who), goal=goal, in_a_row=days)
    (output.print_json if json else runs.print_standing)(answer)


def history(
    context: typer.Context,
    who: PersonArgument,
    days: Annotated[int, typer.Option(min=1, help="Number of days, up to the latest.")] = 90,
    plot: Annotated[
        Path | None, typer.Option(callback=check_plot_path, help="Also draw a plot to this .png or .svg file.")
    ] = None,
    json: JsonOption = False,
) -> None:
    """
    Print a person's score day by day, with notes: recomputed days, days by another method, networks without data.

    Example: `renown history ada --days 30 --plot ada.svg`
    """
    from renown import answers
    from renown.home import open_home

    home = open_home(context.obj, os.environ)
    key, networks = _find_key_and_networks(home, who)
    answer = answers.load_timeline(home.served_scores, home.days, home.lake, key, networks=networks, days=days)
    (output.print_json if json else runs.print_history)(answer)
    if plot:
        from renown.research import plots

        plots.draw(answer, plot)


def find_key(home: Home, name: str) -> int:
    """Return a person's score key."""
    return _find_key_and_networks(home, name)[0]


def _find_key_and_networks(home: Home, name: str) -> tuple[int, set[str]]:
    """Return a person's score key and networks; people who claimed accounts are found without reading the lake."""
    from renown import scoring

    if person := home.people.by_name(name):
        return person.key, {network for network, _ in person.accounts}
    with home.reader() as engine:
        subject = scoring.resolve_subject(name, engine, home.lake, home.people)
    return subject.key, {network for network, _ in subject.accounts}


def when(
    context: typer.Context,
    who: PersonArgument,
    time_zone: Annotated[str, typer.Option("--tz", help="Time zone of the hours, such as Europe/Berlin.")] = "UTC",
    json: JsonOption = False,
) -> None:
    """
    Print when reactions to a person come: the best hours of the week, and how sure they are.

    Example: `renown when ada --tz Europe/Berlin`
    """
    from renown import answers
    from renown.answers.standing import no_score_error
    from renown.home import open_home

    home = open_home(context.obj, os.environ)
    served_score = home.served_scores.find(find_key(home, who))
    if served_score is None:
        raise no_score_error(home.served_scores.day())
    hours = _load_profile(home, served_score).hours
    answer = answers.compute_best_times(served_score.name, served_score.day, hours, time_zone)
    (output.print_json if json else scores.print_best_times)(answer)


def goal(
    context: typer.Context,
    who: PersonArgument,
    target: Annotated[float, typer.Option(min=1, max=100, help="Score to reach.")] = 70.0,
    json: JsonOption = False,
) -> None:
    """
    Print what would bring a person to a score: how many more followers, lists, reposts, replies or likes it takes.

    Also the odds of reaching it at the current trend, and how the score decays if nothing new comes.

    Example: `renown goal ada --target 70`
    """
    from renown import answers
    from renown.answers.standing import no_score_error
    from renown.home import open_home

    home = open_home(context.obj, os.environ)
    served_score = home.served_scores.find(find_key(home, who))
    if served_score is None:
        raise no_score_error(home.served_scores.day())
    inputs, past_scores = (
        _load_profile(home, served_score).known_inputs,
        None
        if served_score.has_self_reported
        else home.served_scores.read_history(served_score.key, answers.TREND_DAYS + 1),
    )
    with home.reader() as engine:
        answer = answers.plan_goal(served_score.name, served_score.score, inputs, past_scores, engine, target=target)
    (output.print_json if json else print_goal_plan)(answer)


def print_goal_plan(answer: GoalPlan) -> None:
    """Print a goal plan: steps, forecast and decay."""
    title = (
        f"{escape_text(answer.name)}, {answer.day}: {answer.score:.2f}, "
        f"{answer.points_to_goal:.2f} points to {answer.target:g}"
    )
    table = new_table(title, "alone enough", "now>", "more>", "", "score>")
    for step in answer.steps:
        more_text = "not enough" if step.increase is None else f"{step.increase:,}"
        name = f"{escape_text(step.lever.account)} {SIGNAL_WORDS.get(step.lever.signal, step.lever.signal)}"
        table.add_row(name, f"{step.lever.now:,}", more_text, step.lever.unit, f"{step.score:.2f}")
    console.print(table)
    console.print(f"together: {answer.uniform_increase.message}", soft_wrap=True)
    console.print(_format_forecast(answer.forecast), soft_wrap=True)
    for decay in answer.decay_forecast:
        reason = f"as {plural(decay.acts, 'reaction')} leave the window and the others age"
        console.print(
            f"if nothing new comes: {decay.score:.2f} ({decay.move:+.2f}) on {decay.day}, {reason}", soft_wrap=True
        )
    if answer.message:
        console.print(answer.message, soft_wrap=True)


def _format_forecast(forecast: GoalForecast) -> str:
    if forecast.odds_30 is None or forecast.odds_90 is None:
        return f"no forecast: {forecast.message}"
    odds = f"odds at the current trend: {forecast.odds_30:.0%} within 30 days, {forecast.odds_90:.0%} within 90 days"
    return f"{odds}; {forecast.message or f'the average change alone reaches it on {forecast.date}'}"


def _load_profile(home: Home, served_score: ServedScore) -> PersonProfile:
    """Load the stored profile of a served score; build it if it is missing."""
    from renown import answers, scoring
    from renown.store import PublishedTables

    if profile := answers.load_current_profile(home.profiles, served_score):
        return profile
    people = home.people.all()
    with home.reader() as engine, PublishedTables(home.days.find(served_score.day)) as published:
        subject = scoring.resolve_subject(served_score.name, engine, home.lake, home.people)
        return answers.compute_profiles([subject], people, published, engine, home.lake)[0]
