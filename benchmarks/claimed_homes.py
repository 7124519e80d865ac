"""
The home of claimed people only, and a copy in which buyers are attacked, of the faking benchmark.

Only the acts on claimed people and their profiles are read, so what others receive does not tell anybody apart.
"""

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from attack_cases import Size, list_claimed_cases
from attack_homes import PlannedAttack, compute_gains, plan_attacks, score_nights
from population import LAST_DAY_NO, Acts, Integers, draw_ages, generate_population, join_acts
from population_import import import_acts, import_archive_counts, import_profiles, verify_people

from renown.home import Home, create_home, open_home
from renown.method.file import Method
from renown.records import LOOKED_UP_ACTORS

CLAIMED_RANKS, CLAIMED_PLACES = 20, (0, 9)
"""Of so many accounts, those at these places are claimed: one that the network tells of, and one with an archive."""
PREFIX = "person "
"""Start of the names of claimed people, see `verify_people`."""


def measure_claimed(
    folder: Path, scoring_method: Method, size: Size, *, has_lookups: bool
) -> Mapping[str, tuple[float, ...]]:
    """
    Return what each attack gains at each level, or the score of a new account.

    Parameters
    ----------
    folder : Path
        An empty folder for two homes.
    scoring_method : Method
    size : Size
    has_lookups : bool
        Whether the profiles of those who act are read, too.
    """
    population = generate_population(size.accounts, days=size.days, has_lists=True)
    claimed = [account for account in range(size.accounts) if account % CLAIMED_RANKS in CLAIMED_PLACES]
    is_claimed = set(claimed)
    profiles = tuple(profile for profile in population.profiles if profile.account in is_claimed)
    acts = ClaimedActs(targets=np.array(claimed), reads=LOOKED_UP_ACTORS if has_lookups else None)
    create_home(folder / "honest")
    honest = open_home(folder / "honest", {})
    acts.import_to(honest, population.acts)
    figures = draw_ages(population.profiles) if has_lookups else profiles
    import_profiles(honest, figures, day_no=LAST_DAY_NO - population.days + 1)
    verify_people(honest, claimed)
    attacked = open_home(Path(shutil.copytree(folder / "honest", folder / "attacked")), {})
    honest_scores = score_nights(honest, scoring_method, size.nights, prefix=PREFIX)
    known_population = replace(population, profiles=profiles, seeds=())
    plan = plan_attacks(known_population, honest_scores, size, list_claimed_cases(size))
    import_attacks(attacked, plan, acts)
    attacked_scores = score_nights(attacked, scoring_method, size.nights, prefix=PREFIX)
    return compute_gains(plan, honest_scores, attacked_scores)


@dataclass(frozen=True, kw_only=True)
class ClaimedActs:
    """Which acts are read: those on claimed people."""

    targets: Integers
    """Accounts of claimed people."""
    reads: int | None
    """`LOOKED_UP_ACTORS` if the profiles of those who act are read, too."""

    def import_to(self, home: Home, acts: Acts, extra_targets: Sequence[int] = ()) -> None:
        """Import the acts on claimed people, and on some others, into a home."""
        is_read = np.isin(acts.target, [*self.targets, *extra_targets])
        columns = ("actor", "target", "verb", "at")
        import_acts(home, Acts(**{name: getattr(acts, name)[is_read] for name in columns}), reads=self.reads)


def import_attacks(home: Home, plan: Sequence[PlannedAttack], claimed: ClaimedActs) -> None:
    """Import what attacks add, as far as it is read: acts on claimed people, to whom the new accounts belong."""
    new_accounts = [attack.setting.buyer for attack in plan if attack.level is None]
    verify_people(home, new_accounts)
    for attack in plan:
        rows = attack.case.attack(attack.setting)
        verify_people(home, rows.seeds)
        if rows.acts:
            claimed.import_to(home, join_acts(rows.acts), [*new_accounts, *rows.seeds])
        if rows.profiles:
            import_profiles(home, rows.profiles, day_no=LAST_DAY_NO - 1)
        if rows.archive_counts:
            import_archive_counts(home, attack.setting.buyer, dict(rows.archive_counts))
