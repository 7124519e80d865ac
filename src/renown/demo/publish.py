"""Import the simulated networks, verify the claims, publish the last days, and run the race of the colleagues."""

from datetime import UTC, date, datetime, time, timedelta

from renown.demo.named import COLLEAGUES
from renown.demo.networks import NETWORKS
from renown.demo.pictures import save_demo_identities
from renown.demo.population import FULL_SIZE, DemoSize, Population, generate_population
from renown.demo.records import account_id, create_batch, create_members, list_post_tags
from renown.demo.simulation import simulate_network
from renown.ingest.batch import import_tables
from renown.ingest.directories import import_directory
from renown.progress import Progress
from renown.records import VERBS, WHOLE_NETWORK
from renown.runs import RunResources, group_scores, recompute_missing_days
from renown.scoring.score import score
from renown.store import ClaimStore

GROUP_NAME, GROUP_GOAL = "club70", 70
"""Name of the group of the colleagues, and the score that they want to reach."""

_PROOF = "token"
"""Proof of all claims."""

_CHALLENGE_MARGIN = timedelta(days=120)
"""How long the challenge continues after the last day: in a month nobody's chance would be above 2%."""


def import_demo(
    resources: RunResources,
    claims: ClaimStore,
    *,
    last: date,
    seed: int,
    now: datetime,
    progress: Progress,
    size: DemoSize = FULL_SIZE,
) -> int:
    """Import the simulated networks, and verify the claims of their people; return the number of new records."""
    progress.start(f"simulating {size.members:,} people on {len(NETWORKS)} networks", len(NETWORKS) + 1)
    population = generate_population(size, seed)
    new_records = 0
    for network in NETWORKS:
        progress.advance(network)
        new_records += _import_network(resources, population, network, last=last, seed=seed)
        with resources.open_reader() as session:
            tags = list_post_tags(network, last=last, days=size.days)
            import_directory(session, resources.lake, tags, table="posts", network=network)
    progress.advance("claims")
    _add_people(claims, population, at=now)
    save_demo_identities(resources.identities, at=now)
    progress.finish(
        f"{new_records:,} new records of {size.days} days in the lake, {size.claimed} people claimed accounts"
    )
    return new_records


def _import_network(resources: RunResources, population: Population, network: str, *, last: date, seed: int) -> int:
    covers = [WHOLE_NETWORK, *(VERBS[verb] for verb in NETWORKS[network].verb_shares)]
    with resources.open_reader() as session:
        create_members(session, population, network)
        batches = {
            table: create_batch(session, network, table, columns)
            for table, columns in simulate_network(population, network, last=last, seed=seed).items()
            if len(columns["at"])
        }
        covers_by_table = dict.fromkeys(batches, covers)
        results = import_tables(session, resources.lake, batches, network=network, covers=covers_by_table)
    return sum(result.new for result in results)


def _add_people(claims: ClaimStore, population: Population, *, at: datetime) -> None:
    """Add everybody who claimed accounts; all of these claims are verified."""
    for number in range(population.claimed_count):
        name = population.names[number]
        accounts = [
            (network, account_id(network, name)) for network, is_on in population.is_on.items() if is_on[number]
        ]
        if claims.confirm_owner(*accounts[0], _PROOF, at=at) is None:
            person = claims.create_person(name, *accounts[0], _PROOF, at=at)
            for account in accounts[1:]:
                claims.assign_account(person.key, *account, _PROOF, at=at)


def publish_demo(
    resources: RunResources, *, last: date, now: datetime, progress: Progress, size: DemoSize = FULL_SIZE
) -> None:
    """
    Publish the last days in order, as trust in actors comes from the day before, and log the scores of the group.

    The days before are recomputed, so that everybody who claimed accounts has a history of 90 days.
    """
    progress.start(f"scoring {size.published_days} days", size.published_days)
    for days_ago in reversed(range(size.published_days)):
        day = last - timedelta(days=days_ago)
        progress.advance(f"{day}")
        with resources.open_engine() as session:
            published_day = score(
                session, resources.lake, resources.days, resources.people, resources.method, day=day, now=now
            )
        _log_race(resources, day, last + _CHALLENGE_MARGIN)
    progress.finish(f"{size.published_days} days published, {published_day.people:,} people scored on {last}")
    recompute_missing_days(resources, now=now, progress=progress)


def _log_race(resources: RunResources, day: date, last_day: date) -> None:
    """Log the colleagues' scores of a published day, dated to its end; start their challenge on the first day."""
    groups, evening = resources.groups, datetime.combine(day, time(23), UTC)
    if GROUP_NAME not in {group.name for group in groups.all()}:
        groups.create(GROUP_NAME, goal=GROUP_GOAL, at=evening, title=f"The race to {GROUP_GOAL}")
        for person in filter(None, (resources.people.by_name(member.name) for member in COLLEAGUES)):
            groups.join(GROUP_NAME, person, at=evening)
        groups.challenges.start(GROUP_NAME, first=day, last=last_day, method_day=resources.days.find(day), at=evening)
    group_scores.publish_group_scores(resources.days, groups, day, now=evening)
