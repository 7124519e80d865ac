"""The homes of the faking benchmark: an honest one, and copies in which separate buyers are attacked; compare them."""

import shutil
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from datetime import time as time_of_day
from pathlib import Path

import numpy as np
from attack_cases import Case, Size, list_cases
from attacks import AttackRows, Setting
from population import LAST_DAY_NO, Population, Profile, generate_population, join_acts
from population_import import import_acts, import_archive_counts, import_population, import_profiles, verify_people

from renown import method, scoring
from renown.home import Home, create_home, open_home
from renown.method.file import Method
from renown.records import day_from_number
from renown.scoring.inputs import load_inputs
from renown.scoring.ledger import LEDGER_COLUMNS, open_ledger

BASE_VERSION = "2.1"
"""Method with which honest scores are compared."""

Scores = dict[int, float]
"""Number of an account to its score."""


@dataclass(frozen=True, kw_only=True)
class PlannedAttack:
    """An attack on buyers with about the same honest score."""

    case: Case
    level: int | None
    """Honest score of the buyers; None for a new account."""
    setting: Setting


@dataclass(frozen=True, kw_only=True)
class Shape:
    """A population with its home, and copies of the home to attack."""

    population: Population
    honest: Home
    by_fakes: Home
    """For attacks of fakes, who act on nobody but the buyer and each other."""
    by_accomplices: Home
    """For attacks in which honest people take part, who act on others, too."""

    def find_home(self, case: Case) -> Home:
        """Return the home in which an attack runs."""
        return self.by_accomplices if case.has_accomplices else self.by_fakes


@dataclass(frozen=True, kw_only=True)
class ShapeResult:
    """What was measured on one shape of the population."""

    gains: Mapping[str, tuple[float, ...]]
    """Name of a case to the points gained at each level, or to the score of a new account."""
    bot_score: float
    correlation: float
    others_moved: tuple[float, ...]
    """Points by which 99 of a hundred scores of all others move at most: by attacks of fakes, and with accomplices."""


def create_shape(folder: Path, size: Size, *, has_lists: bool) -> Shape:
    """Create the home of a population, and two copies to attack."""
    population = generate_population(size.accounts, days=size.days, has_lists=has_lists)
    create_home(folder / "honest")
    honest = open_home(folder / "honest", {})
    import_population(honest, population)
    names = ("by-fakes", "by-accomplices")
    by_fakes, by_accomplices = (
        open_home(Path(shutil.copytree(folder / "honest", folder / name)), {}) for name in names
    )
    return Shape(population=population, honest=honest, by_fakes=by_fakes, by_accomplices=by_accomplices)


def attack_shape(shape: Shape, scoring_method: Method, size: Size) -> list[PlannedAttack]:
    """Choose buyers by their honest scores, and import what attacks on them add into the copy of the home."""
    honest_scores = score_nights(shape.honest, scoring_method, size.nights)
    vouched_accounts = list_vouched_accounts(shape.honest, scoring_method)
    plan = plan_attacks(shape.population, honest_scores, size, list_cases(size), vouched_accounts)
    for attack in plan:
        _import_attack(shape.find_home(attack.case), attack, attack.case.attack(attack.setting))
    return plan


def compare_homes(shape: Shape, scoring_method: Method, size: Size, plan: Sequence[PlannedAttack]) -> ShapeResult:
    """Score all homes, and compare their scores and those of another method."""
    honest_scores = score_nights(shape.honest, scoring_method, size.nights)
    base_scores = score_nights(shape.honest, method.load_method(Path(BASE_VERSION)), size.nights)
    gains: dict[str, tuple[float, ...]] = {}
    moves = []
    for home in (shape.by_fakes, shape.by_accomplices):
        attacked_scores = score_nights(home, scoring_method, size.nights)
        attacks = [attack for attack in plan if shape.find_home(attack.case) is home]
        gains |= compute_gains(attacks, honest_scores, attacked_scores)
        involved = {account for attack in attacks for account in attack.setting.friends}
        people = range(shape.population.accounts)
        others = [account for account in people if account in honest_scores and account not in involved]
        moves.append(
            float(np.quantile([abs(attacked_scores[account] - honest_scores[account]) for account in others], 0.99))
        )
    return ShapeResult(
        gains=gains,
        bot_score=max(honest_scores[bot] for bot in shape.population.bots),
        correlation=_correlate(honest_scores, base_scores, shape.population.accounts),
        others_moved=tuple(moves),
    )


def score_nights(home: Home, scoring_method: Method, nights: int, *, prefix: str = "x:u") -> Scores:
    """
    Score the last days one after the other, if they are not scored yet; return the last day's scores.

    Those of accounts, or of people, whose names are the prefix and the number of their account.
    """
    scored_days = {day.day for day in home.days.all() if day.method == scoring_method.version}
    for day_no in range(LAST_DAY_NO - nights + 1, LAST_DAY_NO + 1):
        if day_from_number(day_no) not in scored_days:
            _score_day(home, scoring_method, day_no)
    published_day = home.days.find(day_from_number(LAST_DAY_NO), scoring_method.version)
    with home.reader() as engine:
        engine.scan("scores", published_day.files("scores"), {"name": "string", "score": "double"})
        rows = engine.query(f"select name, score from scores where name like '{prefix}%'")
    return {int(name.removeprefix(prefix)): score for name, score in rows}


def _score_day(home: Home, scoring_method: Method, day_no: int) -> None:
    day = day_from_number(day_no)
    with home.engine() as engine:
        now = datetime.combine(day, time_of_day(23), UTC)
        scoring.score(engine, home.lake, home.days, home.people, scoring_method, day=day, now=now)


def list_vouched_accounts(home: Home, scoring_method: Method) -> set[int]:
    """List the numbers of the accounts most of whose credit came through two others, latest."""
    ledger = open_ledger(home.lake, scoring_method)
    with home.reader() as engine:
        engine.scan("standings", ledger.files("standings"), LEDGER_COLUMNS["standings"])
        load_inputs(engine, home.lake, scoring_method, LAST_DAY_NO, home.lake.versions())
        rows = engine.query(
            "select a.account_id from standings s join accounts a on a.account = s.account "
            "group by s.account, a.account_id having max_by(s.second_voucher, s.day_no) <> 0"
        )
    return {int(account_id.removeprefix("u")) for (account_id,) in rows}


def plan_attacks(
    population: Population,
    honest_scores: Scores,
    size: Size,
    cases: Sequence[Case],
    vouched_accounts: Collection[int] = (),
) -> list[PlannedAttack]:
    """Choose separate buyers for each attack and level, and numbers for their fakes."""
    profiles = {profile.account: profile for profile in population.profiles}
    random = np.random.Generator(np.random.PCG64(2))
    free = {account for account in honest_scores if account < population.accounts} - set(population.seeds)
    next_account = population.accounts + len(population.bots)
    plan = []
    for case, level in _list_levels(cases):
        suitable = [account for account in free if profiles[account].self_reported == case.needs_archive]
        if case.needs_vouchers:
            suitable = [account for account in suitable if account in vouched_accounts]
        for _ in range(case.buyers):
            buyers: tuple[int, ...] = (next_account,)
            if level is not None:
                suitable.sort(key=lambda account: (abs(honest_scores[account] - level), account))
                buyers = tuple(suitable[: case.friends])
                suitable = suitable[case.friends :]
                free -= set(buyers)
            profile = profiles.get(buyers[0]) or _new_profile(buyers[0], population)
            setting = _build_setting(random, size, buyers, profile, first_fake=next_account + 1)
            plan.append(PlannedAttack(case=case, level=level, setting=setting))
            next_account += 2 + max(size.fakes, size.ring, size.vouched_fakes)
    return plan


def _list_levels(cases: Sequence[Case]) -> list[tuple[Case, int | None]]:
    return [(case, level) for case in cases for level in case.levels or (None,)]


def _build_setting(
    random: np.random.Generator, size: Size, buyers: tuple[int, ...], profile: Profile, *, first_fake: int
) -> Setting:
    return Setting(
        random=random,
        buyer=buyers[0],
        first_fake=first_fake,
        fakes=size.fakes,
        ring=size.ring,
        vouched_fakes=size.vouched_fakes,
        days=size.attack_days,
        friends=buyers,
        profile=profile,
    )


def _new_profile(account: int, population: Population) -> Profile:
    has_lists = population.profiles[0].lists is not None
    return Profile(account=account, followers=0, lists=0 if has_lists else None)


def _import_attack(home: Home, attack: PlannedAttack, rows: AttackRows) -> None:
    if rows.acts:
        import_acts(home, join_acts(rows.acts))
    if rows.profiles:
        import_profiles(home, rows.profiles, day_no=LAST_DAY_NO - 1)
    if rows.archive_counts:
        import_archive_counts(home, attack.setting.buyer, dict(rows.archive_counts))
    verify_people(home, rows.seeds)


def compute_gains(
    plan: Sequence[PlannedAttack], honest_scores: Scores, attacked_scores: Scores
) -> dict[str, tuple[float, ...]]:
    """Return the mean gain of the buyers of each case at each level; a new account gains its score."""
    differences: dict[str, dict[int | None, list[float]]] = {}
    for attack in plan:
        differences.setdefault(attack.case.name, {}).setdefault(attack.level, []).extend(
            attacked_scores[buyer] - honest_scores.get(buyer, 0.0) for buyer in attack.setting.friends
        )
    return {
        name: tuple(float(np.mean(values)) for values in by_level.values()) for name, by_level in differences.items()
    }


def _correlate(honest_scores: Scores, base_scores: Scores, accounts: int) -> float:
    """Return the rank correlation of the scores of honest people by two methods."""
    from scipy.stats import spearmanr  # noqa: PLC0415 - heavy, and of the extra `learn`

    people = [account for account in honest_scores if account < accounts and account in base_scores]
    columns = ([scores[account] for account in people] for scores in (honest_scores, base_scores))
    return float(spearmanr(*columns).statistic)
