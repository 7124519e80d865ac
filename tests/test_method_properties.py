"""Property-based tests: laws of the method that hold for every community, checked on random ones."""

import dataclasses

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from conftest import METHOD_2
from renown import method
from renown.engines import open_engine
from renown.engines.session import SessionLimits
from renown.records import LAKE_COLUMNS, VERBS

METHOD = dataclasses.replace(
    METHOD_2,
    constants=dict(METHOD_2.constants)
    | {"selectivity_accounts": dataclasses.replace(METHOD_2.constants["selectivity_accounts"], value=2.0)},
)
"""Attention is so limited that a small community exhausts it."""
DAY_NO = 20_000
NETWORKS = {"x": range(1, 7), "y": range(7, 10)}
SIGNAL_VERBS = [VERBS[verb] for signal in METHOD.signals for verb in signal.verbs]

accounts = st.sampled_from([account for keys in NETWORKS.values() for account in keys])
acts = st.tuples(accounts, accounts, st.sampled_from(SIGNAL_VERBS), st.integers(-95, 2))
profile_counts = st.tuples(accounts, st.integers(0, 10**6) | st.none(), st.integers(0, 10**4) | st.none())
communities = st.tuples(st.lists(acts, max_size=40), st.lists(profile_counts, max_size=6, unique_by=lambda row: row[0]))
tallies = st.tuples(accounts, st.sampled_from(SIGNAL_VERBS), st.integers(0, 10**4), st.integers(-89, 0))
extreme_counts = st.integers(-(2**63), 2**63 - 1)
extreme_tallies = st.lists(
    st.tuples(accounts, st.sampled_from(SIGNAL_VERBS), extreme_counts, st.integers(-89, 0), st.booleans()), max_size=20
)
extreme_profiles = st.lists(
    st.tuples(accounts, extreme_counts | st.none(), extreme_counts | st.none()),
    max_size=6,
    unique_by=lambda row: row[0],
)
presence_events = st.tuples(accounts, st.integers(-95, 0), st.integers(0, 2), st.booleans())
claims = st.lists(accounts, max_size=3, unique=True)
NO_SHRINKING = (Phase.explicit, Phase.reuse, Phase.generate)
"""A failing community is not shrunk: each attempt would run all steps."""
few_examples = settings(max_examples=4, deadline=None, phases=NO_SHRINKING)


@pytest.fixture(scope="module")
def engine():
    """Return a DuckDB session with the method's parameters."""
    coverage = [(network, verb) for network in NETWORKS for verb in SIGNAL_VERBS]
    parameters = method.build_parameter_tables(METHOD, DAY_NO, coverage=coverage, days=dict.fromkeys(NETWORKS, 90))
    with open_engine("duckdb", limits=SessionLimits(threads=1)) as session:
        for table, rows in (parameters | {"standings": []}).items():
            session.create_table(table, rows, method.INPUT_COLUMNS[table])
        yield session


def network_of(account):
    """Return the network of an account."""
    return next(network for network, keys in NETWORKS.items() if account in keys)


def score(engine, community, claimed=(), tallies=(), posts=None, presence=()):
    """Run the steps over a community; return scores and points by person."""
    interactions, profiles = community
    rows_by_table = {
        "interactions": [
            (network_of(target), DAY_NO + age, actor, target, f"p{index % 3}", verb, 0, None, None)
            for index, (actor, target, verb, age) in enumerate(interactions)
            if network_of(actor) == network_of(target)
        ],
        "profiles": [
            (network_of(account), DAY_NO - 1, account, followers, None, None, lists, None, None, 0, None)
            for account, followers, lists in profiles
        ]
        + [
            (network_of(key), DAY_NO, key, None, count, count, None, True, 1, 1, None)
            for key, count in (posts or {}).items()
        ],
        "tallies": [
            (network_of(account), DAY_NO + age, account, "q", verb, count, 0, *(flags or (None,)))
            for account, verb, count, age, *flags in tallies
        ],
        "presence": [
            (network_of(account), DAY_NO + age, account, present, second) for account, age, second, present in presence
        ],
        "accounts": [(network, key, str(key)) for network, keys in NETWORKS.items() for key in keys],
    }
    for table in ("interactions", "profiles", "accounts", "tallies", "undone", "presence"):
        engine.create_table(table, rows_by_table.get(table, []), LAKE_COLUMNS[table])
    claim_rows = [(network_of(account), str(account), -1, "ada") for account in claimed]
    engine.create_table("claims", claim_rows, method.INPUT_COLUMNS["claims"])
    for step in METHOD.steps_until("points"):
        engine.run(step)
    points = {}
    for person, value in engine.query("select person, points from points order by person, account, signal"):
        points.setdefault(person, []).append(value)
    return dict(engine.query("select person, score from scores")), points


@few_examples
@given(communities, claims)
def test_points_are_never_negative_and_sum_to_the_score(engine, community, claimed):
    """Whichever accounts are claimed, 1 plus the points is the score, which is between 1 and 100."""
    scores, points = score(engine, community, claimed)

    for person, value in scores.items():
        assert 1 <= value <= 100
        assert all(value >= 0 for value in points.get(person, []))
        assert value == pytest.approx(1 + sum(points.get(person, [])), abs=1e-9)


@few_examples
@given(communities, acts)
def test_another_interaction_never_lowers_the_target_score(engine, community, act):
    """It may be of any actor, verb and day."""
    before, _ = score(engine, community)
    after, _ = score(engine, ([*community[0], act], community[1]))

    assert after.get(act[1], 1) >= before.get(act[1], 1)


@few_examples
@given(communities, tallies, st.integers(0, 10**4))
def test_higher_tally_never_lowers_a_score(engine, community, tally, more):
    """Only the tally rises, of any verb."""
    account, verb, count, age = tally

    before, _ = score(engine, community, tallies=[tally])
    after, _ = score(engine, community, tallies=[(account, verb, count + more, age)])

    assert after.get(account, 1) >= before.get(account, 1)


@few_examples
@given(communities, extreme_profiles, extreme_tallies, claims)
def test_counts_of_any_size_give_scores(engine, community, profiles, tallies, claimed):
    """Sums saturate instead of overflowing: points sum to scores between 1 and 100."""
    scores, points = score(engine, (community[0], profiles), claimed, tallies)

    for person, value in scores.items():
        assert 1 <= value <= 100
        assert value == pytest.approx(1 + sum(points.get(person, [])), abs=1e-9)


@few_examples
@given(communities, extreme_tallies)
def test_self_reported_counts_change_no_verified_score(engine, community, tallies):
    """Counts from archives change no verified score, except that their own accounts lose it."""
    self_reported = [(account, verb, count, age, True) for account, verb, count, age, _ in tallies]
    reporting = {account for account, *_ in tallies}

    score(engine, community)
    before = dict(engine.query("select person, verified_score from scores"))
    score(engine, community, tallies=self_reported)
    after = dict(engine.query("select person, verified_score from scores where verified_score is not null"))

    assert {key: value for key, value in before.items() if key not in reporting} == {
        key: value for key, value in after.items() if key not in reporting
    }
    assert all(after[key] == before[key] for key in reporting & set(after) & set(before))


@few_examples
@given(communities, accounts, st.integers(0, 10**6))
def test_own_activity_earns_no_score(engine, community, account, posts):
    """An account that only posts, follows and acts on others has score 1."""
    interactions = [act for act in community[0] if act[1] != account]
    profiles = [row for row in community[1] if row[0] != account]

    scores, _ = score(engine, (interactions, profiles), posts={account: posts})

    assert scores.get(account, 1) == 1


@few_examples
@given(communities, profile_counts, st.integers(0, 10**6), st.integers(0, 10**4))
def test_more_followers_or_lists_never_lower_a_score(engine, community, counts_before, followers, lists):
    """Only the counts of one profile rise."""
    account, followers_before, lists_before = counts_before
    others = [row for row in community[1] if row[0] != account]
    counts_after = (
        account,
        None if followers_before is None else followers_before + followers,
        None if lists_before is None else lists_before + lists,
    )

    before, _ = score(engine, (community[0], [*others, counts_before]))
    after, _ = score(engine, (community[0], [*others, counts_after]))

    assert after.get(account, 1) >= before.get(account, 1)


@few_examples
@given(communities, accounts, st.sampled_from(SIGNAL_VERBS))
def test_acting_on_oneself_changes_no_score(engine, community, account, verb):
    """An interaction whose actor is its target is ignored."""
    assert score(engine, community) == score(engine, ([*community[0], (account, account, verb, 0)], community[1]))


@few_examples
@given(communities, st.lists(accounts, min_size=2, max_size=3, unique=True))
def test_person_scores_at_least_as_high_as_each_account(engine, community, claimed):
    """Claiming another account never lowers a score, without interactions between the person's accounts."""
    interactions = [act for act in community[0] if not {act[0], act[1]} <= set(claimed)]

    account_scores, _ = score(engine, (interactions, community[1]))
    person_scores, _ = score(engine, (interactions, community[1]), claimed)

    assert person_scores.get(-1, 1) >= max(account_scores.get(account, 1) for account in claimed)


@few_examples
@given(communities, st.randoms())
def test_order_of_interactions_changes_no_score(engine, community, random):
    """The same interactions in another order, and on other posts, give exactly the same scores."""
    shuffled = list(community[0])
    expected = score(engine, community)
    random.shuffle(shuffled)

    assert expected == score(engine, (shuffled, community[1]))


@few_examples
@given(communities, acts)
def test_interactions_outside_the_window_change_no_score(engine, community, act):
    """An interaction of tomorrow, or one that is ninety days old, is ignored."""
    expected = score(engine, community)

    for age in (1, -90):
        assert expected == score(engine, ([*community[0], (*act[:3], age)], community[1]))


@few_examples
@given(communities, accounts, claims, st.integers(-95, 0))
def test_deleted_account_does_not_count_until_it_returns(engine, community, deleted, claimed, age):
    """It has no score, and others score as without its interactions; after its return all is as before."""
    without = [act for act in community[0] if act[0] != deleted], community[1]
    deletion, undeletion = (deleted, age, 0, False), (deleted, age, 1, True)

    scores, _ = score(engine, community, claimed, presence=[deletion])
    expected, _ = score(engine, without, claimed)

    affected = {deleted, -1} if deleted in claimed else {deleted}
    assert deleted not in scores
    assert {key: value for key, value in expected.items() if key not in affected} == {
        key: value for key, value in scores.items() if key not in affected
    }
    assert score(engine, community, claimed) == score(engine, community, claimed, presence=[deletion, undeletion])


@few_examples
@given(communities, st.lists(presence_events, max_size=12), st.randoms())
def test_order_and_duplicates_of_presence_events_change_no_score(engine, community, presence, random):
    """The same events twice, in another order, give exactly the same scores."""
    shuffled = [*presence, *presence]
    random.shuffle(shuffled)

    assert score(engine, community, presence=presence) == score(engine, community, presence=shuffled)
