# %% [markdown]
# # Recompute a score
#
# A score is only as good as the possibility to check it. This notebook computes entries, scores, credit and ranges
# of a published day a second time, in plain Python, from the [formulas](../reference/method.md#formulas) alone: it uses
# neither the SQL nor the code that scored them, only rows of the lake and the ledger, and the constants of the method.
# It is executed each time this documentation is built, on generated data; with `HOME_TO_CHECK` it reads your own home.

# %%
import os
import tempfile
from collections import defaultdict
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from itertools import pairwise
from math import exp, factorial, floor, log, log2, log10, sqrt
from pathlib import Path

import renown

folder = os.environ.get("HOME_TO_CHECK", "")
if not folder:
    from renown import demo
    from renown.home import create_home, open_home
    from renown.progress import NullProgress

    folder, last = str(Path(tempfile.mkdtemp()) / "home"), date(2026, 11, 16)
    create_home(Path(folder))
    opened = open_home(Path(folder), {})
    demo.import_demo(
        opened.run_resources,
        opened.claims,
        last=last,
        seed=1,
        now=datetime.now(UTC),
        progress=NullProgress(),
        size=demo.DemoSize(
            members=600, days=100, public_figures=2, professionals=2, everyday_claims=60, paid_accounts=30
        ),
    )
    with renown.open(folder) as home:
        home.score(last)

home = renown.open(folder)
method, day = home.method, home.days()[-1]
first = day - timedelta(days=int(method["window_days"]) - 1)
next_midnight = datetime.combine(day + timedelta(days=1), datetime.min.time(), UTC).timestamp()

# %% [markdown]
# ## The rows
#
# Verbs, prices, weights and curves are those of the method file. `aliases` says which ids are one account. What arrived
# after the day was scored is not in its score: recompute a day before you import more, or score it again first.

# %%
signal_of = {verb: signal.name for signal in method.signals for verb in signal.verbs}
reads = {signal.name: signal.reads for signal in method.signals}
millionths = {signal.reads: round(1e6 * signal.weight.value) for signal in method.signals}
networks = {row["account"]: row["network"] for row in home.sql("from accounts")}
alias = {row["alias"]: row["account"] for row in home.sql("from aliases order by seen")}
observable = defaultdict(set)  # network to the verbs that can be observed there
for row in home.sql("from coverage"):
    observable[row["network"]].add(row["verb"])


def resolve(account):
    """Return the account that an id is of."""
    return alias.get(account, account)


def rows_of(table, since=None):
    """Return the rows of a table up to the scored day, with one key for each account."""
    condition = f"day <= date '{day}'" + (f" and day >= date '{since}'" if since else "")
    rows = home.sql(f"from {table} where {condition}").rows()
    return [row | {key: resolve(row[key]) for key in ("actor", "target", "account") if key in row} for row in rows]


def latest(rows, *order):
    """Return the row of each account that comes last in an order."""
    return {row["account"]: row for row in sorted(rows, key=lambda row: tuple(row[name] for name in order))}


keys = {(row["network"], row["account_id"]): row["account"] for row in home.sql("from accounts")}
claimed = [row for row in home.people if (row["network"], row["account_id"]) in keys]
owner = {resolve(keys[row["network"], row["account_id"]]): row["name"] for row in claimed}
presence = latest(rows_of("presence"), "day", "second", "present")
absent = {account for account, row in presence.items() if not row["present"]}
undone = {row["interaction"] for row in rows_of("undone")}
acts = [
    row
    for row in rows_of("interactions", first - timedelta(days=int(method["friend_days"])))
    if row["actor"] != row["target"] and row["interaction"] not in undone and row["verb"] in signal_of
]
entries = [
    row
    for row in rows_of("entries", first)
    if row["actor"] not in absent and (owner.get(row["actor"], row["actor"]) != owner.get(row["target"], row["target"]))
]


def quarter_weight(act):
    """Return the weight of an act on its own day, in thousandths."""
    return round(1000 * method.quarter_weights[act["second"] // 21600])


# %% [markdown]
# ## Entries: what acts are worth on their day
#
# Who is known, and with what trust, comes from the ledger's table `standings`: to pass on credit again would take all
# acts of the days before. Everything else of an entry is computed from the acts. So are friends and vouchers: an entry
# of a friend, or on an account through which the actor is known, is not one of a known account.

# %%
standings = defaultdict(list)
for row in home.sql("from standings order by day"):
    standings[row["account"]].append(row)
verified = {account for row in claimed if row["verified"] for account in [keys[row["network"], row["account_id"]]]}
looked_up = [name for name, verbs in observable.items() if "profiles of actors" in verbs]
told_apart = {*looked_up, *(name for name, verbs in observable.items() if "everybody's acts" in verbs)}
looks = defaultdict(list)
for row in sorted(rows_of("profiles"), key=lambda row: row["day"]):
    if not row["self_reported"]:
        looks[row["account"]].append(row)


def is_established(account, on):
    """Return whether an account is established on a day: not new, with followers and posts."""
    known = [row for row in looks[account] if row["followers"] is not None]
    return networks[account] in looked_up and any(
        row["created_day"]
        and row["created_day"] + timedelta(days=int(method["established_days"])) <= on
        and row["followers"] >= method["established_followers"]
        and (row["posts"] or 0) >= method["established_posts"]
        and (row["day"] == known[0]["day"] or row["day"] <= on)
        for row in known
    )


def periods(account, since, until):
    """Return the standings of an account that hold on any of these days."""
    rows = standings[account]
    ends = [*(row["day"] for row in rows[1:]), date.max]
    return [row for row, end in zip(rows, ends, strict=False) if row["day"] <= until and end > since]


def is_vouched(actor, target, on):
    """Return whether an actor is known through the target, or through the same two accounts as the target."""
    vouchers = [(row["voucher"], row["second_voucher"]) for row in periods(actor, on, on)]
    earlier = on - timedelta(days=2 * int(method["credit_days"]))
    theirs = {(row["voucher"], row["second_voucher"]) for row in periods(target, earlier, on) if row["second_voucher"]}
    return any(target in pair or pair in theirs for pair in vouchers)


daily, targets, pair_days = defaultdict(list), defaultdict(set), defaultdict(set)
for act in acts:
    signal = signal_of[act["verb"]]
    daily[act["day"], act["target"], act["actor"], signal].append(act)
    targets[act["day"], act["actor"], signal].add(act["target"])
    pair_days[act["actor"], act["target"]].add(act["day"])


def compute_entry(on, target, actor, signal):
    """Return whether an entry is one of a known account, and its worth, in millionths, later and on the day itself."""
    group = daily[on, target, actor, signal]
    count = len(targets[on, actor, signal])
    most = method["attention_accounts"]
    attention = floor(1e6 * sqrt(most / count) + 0.5) if count > most else 1_000_000
    limit = method["pair_acts_limit"]
    fresh = min(sum(map(quarter_weight, group)) / 1000, limit)
    standing = next(iter(periods(actor, on, on)), None)
    trust = standing["trust"] / 1e6 if standing else 0.0
    is_unverified = all(act["unverified"] for act in group)
    back = pair_days[target, actor]
    is_friend = any(timedelta() <= on - there < timedelta(days=int(method["friend_days"])) for there in back)
    is_presumed = not verified or networks[actor] not in told_apart or is_established(actor, on)
    is_known = bool(standing and standing["known"]) and not is_vouched(actor, target, on)
    if is_unverified or not (is_presumed or is_known):
        trust = method["trust_floor"]
    elif is_presumed:
        trust = max(method["trust_initial"], trust)
    known = not is_unverified and not is_friend and (is_presumed or is_known)
    worths = [
        floor(attention * round(1e6 * log2(1 + number)) / 1e6 * trust) for number in (min(len(group), limit), fresh)
    ]
    return (int(known), *worths)


def is_entry_equal(row):
    """Return whether an entry of the ledger is what its acts are worth."""
    entry = compute_entry(row["day"], row["target"], row["actor"], row["signal"])
    return entry == (row["known"], row["worth"], row["fresh_worth"])


different_entries = [row for row in entries if not is_entry_equal(row)]
print(f"{len(entries):,} entries of {first} to {day} computed again, {len(different_entries)} of them differ")

# %% [markdown]
# ## Balances: entries, weighted by age

# %%
totals, actors = defaultdict(int), defaultdict(set)
for row in entries:
    age = (day - row["day"]).days
    weight = round(1000 * method.age_weights[age])
    totals[row["target"], row["signal"], row["known"]] += row["worth" if age else "fresh_worth"] * weight
    actors[row["target"]].add(row["actor"])
balances = {key: floor(total / 1000) for key, total in totals.items()}

# %% [markdown]
# ## Profiles, and counts without names
#
# The latest figures count, the network's own before those that the owner provided. Of a count, what is not known by
# name counts with the trust of a stranger and the age of the count.

# %%
limit = int(method["count_limit"])
for row in (profiles := rows_of("profiles")):
    row["own"] = not row["self_reported"]
    for name in ("followers", "lists"):
        row[name] = None if row[name] is None else min(max(row[name], 0), limit)
        row[f"{name}_order"] = -1 if row[name] is None else row[name]
profile_of = latest(profiles, "own", "day", "second", "followers_order", "lists_order")

covered = {
    (resolve(row["account"]), row["verb"]) for row in home.sql("from account_coverage") if row["since"] < next_midnight
}
tallies = {}
for row in sorted(
    rows_of("tallies", first), key=lambda row: (not row["self_reported"], row["day"], row["second"], row["count"])
):
    is_outdated = row["self_reported"] and not profile_of.get(row["account"], row)["self_reported"]
    if row["verb"] in signal_of and not is_outdated:
        tallies[row["account"], row["post"] or "", row["verb"]] = row

named = defaultdict(list)
for act in acts:
    if act["day"] >= first and act["actor"] not in absent:
        age = (day - act["day"]).days
        weight = round(1000 * method.age_weights[age])
        weight = weight if age else floor(weight * quarter_weight(act) / 1000)
        named[act["target"], act["post"] or "", act["verb"]].append(weight)

unknown, unknown_people, is_observed = defaultdict(int), defaultdict(int), defaultdict(lambda: True)
for (account, post, verb), row in tallies.items():
    count = min(max(row["count"], 0), limit)
    weight = round(1000 * method.age_weights[(day - row["day"]).days])
    weights = named[account, post, verb]
    rest = max(count - len(weights), 0)
    amount = min(count * weight, rest * weight + sum(max(weight - other, 0) for other in weights))
    unknown[account, signal_of[verb]] += floor(1e3 * method["trust_floor"] * amount)
    unknown_people[account] += rest
    is_whole = row["self_reported"] and "everybody's acts" in observable[row["network"]]
    if row["count"] > 0 and (account, verb) not in covered and not is_whole:
        is_observed[account] = False

# %% [markdown]
# ## Reactions: one sum, with a limit on strangers


# %%
def price(account, signal):
    """Return the price or rate of a signal on the network of an account."""
    return method.rate(networks[account], next(item for item in method.signals if item.name == signal))


known_sum, strangers_sum = defaultdict(int), defaultdict(int)
for (account, signal, known), balance in balances.items():
    (known_sum if known else strangers_sum)[account] += floor(balance * price(account, signal))
for (account, signal), received in unknown.items():
    strangers_sum[account] += floor(received * price(account, signal))


def count_reactions(known, strangers, people):
    """Return the reactions that count, in reposts of a fully trusted person."""
    full, unit = floor(method["stranger_share"] * known), 1e6 * method["stranger_unit"]
    counted = floor(min(strangers, full + unit * log(1 + max(0, strangers - full) / unit)))
    chance = method["chance_people"]
    return (known + counted) / 1e6 * max(0, people - chance) / people if people else 0.0


reactions_of = {
    account: count_reactions(known_sum[account], strangers_sum[account], len(actors[account]) + unknown_people[account])
    for account in {*known_sum, *strangers_sum}
}


# %% [markdown]
# ## Equivalents, values and strength


# %%
def follow_curve(network, name, amount):
    """Return the followers that accounts with an amount of lists or reactions typically have."""
    points = method.curve(network, name).points
    (x0, y0), largest = points[0], method["strength_limit"]
    if amount <= 0:
        return 0.0
    if amount < x0:
        return min(largest, amount / x0 * y0)
    pieces = list(pairwise(points))
    (x0, y0), (x1, y1) = [piece for piece in pieces if piece[0][0] <= amount][-1]
    return min(largest, exp(log(y0) + (log(y1) - log(y0)) / (log(x1) - log(x0)) * (log(amount) - log(x0))))


def figure(profile, name, full):
    """Return followers or lists; of those that the owner provided only the logarithm counts beyond a limit."""
    value = (profile or {}).get(name)
    if value is None or not profile["self_reported"]:
        return value
    return floor(1e6 * (min(value, full) + full * log(max(1.0, value / full))) + 0.5) / 1e6


def shows(network, kind):
    """Return whether a network can show a kind of signal."""
    return any(kind == reads[name] and (network, name) not in method.lacks for name in reads)


def compute_strength(account, received):
    """Return the strength of an account that received so many reactions, in billionths of a follower-equivalent."""
    network, profile, largest = networks[account], profile_of.get(account), method["strength_limit"]
    followers = figure(profile, "followers", method["self_reported_limit"]) if shows(network, "followers") else None
    lists = figure(profile, "lists", method["self_reported_lists_limit"]) if shows(network, "lists") else None
    rate = price(account, "audience")
    followers = None if followers is None else min(largest, followers * rate)
    lists = None if lists is None else follow_curve(network, "lists", lists)
    is_observable = any(
        verb in signal_of and (network, signal_of[verb]) not in method.lacks for verb in observable[network]
    )
    reactions = follow_curve(network, "reactions", received) if is_observable else None

    bearing = followers if followers is not None else lists if lists is not None else 0.0
    presumed_reactions = min(bearing, method["presumed_reactions"])
    is_seen = is_observed[account]
    bound = reactions + presumed_reactions if is_seen and reactions is not None else largest
    presumed_lists = min(followers or 0.0, method["presumed_lists"], bound)
    values = {}
    if followers is not None:
        values["followers"] = log(1 + min(followers, method["followers_limit"] * bound, largest))
    if lists is not None:
        values["lists"] = log(1 + min(lists + presumed_lists, method["lists_limit"] * bound, largest))
    weight = sum(millionths[kind] for kind in values)
    others = sum(millionths[kind] * value for kind, value in values.items())
    if reactions is not None:
        values["interactions"] = log(1 + reactions + presumed_reactions)
        if not is_seen and weight:
            values["interactions"] = max(values["interactions"], others / weight)
    weight = sum(millionths[kind] for kind in values)
    parts = sum(floor(1e6 * (millionths[kind] * value) + 0.5) for kind, value in values.items())
    return floor(1e9 * min(largest, exp(parts / 1e6 / weight) - 1) + 0.5) if weight else 0


# %% [markdown]
# ## Scores
#
# A person's strength is the sum over their accounts that still exist.

# %%
names = {row["account"]: f"{row['network']}:{row['account_id']}" for row in home.sql("from accounts")}
strength_of = defaultdict(int)
for account in {*profile_of, *actors, *known_sum, *strangers_sum, *owner} - absent:
    strength_of[owner.get(account, names[account])] += compute_strength(account, reactions_of.get(account, 0.0))


def compute_score(strength):
    """Return the score of a strength in billionths."""
    score = min(100.0, 1 + 99 * log10(1 + strength / 1e9) / method["score_decades"])
    return floor(1e9 * score + 0.5) / 1e9


published = {row["name"]: row["score"] for row in home.scores()}
differences = {name: abs(compute_score(strength_of[name]) - score) for name, score in published.items()}
for name in list(published)[:5]:
    print(f"{name:12} published {published[name]:.9f}  computed here {compute_score(strength_of[name]):.9f}")
print(f"{len(differences):,} scores of {day} computed again; largest difference {max(differences.values()):.2g}")

# %% [markdown]
# ## Credit
#
# Who is known follows from credit, which flows from verified people along the acts of each day. What flowed on the
# published day is computed here from what flowed before it. Later acts and undone ones do not change it, so recompute
# the latest day.

# %%
groups = range(int(method["seed_groups"]))
credit_of = defaultdict(lambda: [0] * len(groups))
for row in claimed:
    if row["seed_group"] is not None:
        credit_of[resolve(keys[row["network"], row["account_id"]])][row["seed_group"]] = int(method["seed_credit"])
flows = home.sql("from flows").rows()
for row in flows:
    if day - timedelta(days=int(method["credit_days"])) <= row["day"] < day:
        for group in groups:
            credit_of[row["account"]][group] += row[f"credit_{group}"]

general_prices = {signal.name: round(1e6 * signal.rate.value) for signal in method.signals}
prices = defaultdict(dict)  # actor to the prices, in millionths, of its acts on each account that is no friend
for on, target, actor, signal in daily:
    is_friend = any(
        timedelta() <= on - there < timedelta(days=int(method["friend_days"])) for there in pair_days[target, actor]
    )
    if on == day and not is_friend:
        prices[actor][target] = prices[actor].get(target, 0) + general_prices[signal]

passed = defaultdict(lambda: [0] * len(groups))
for actor, price_by_target in prices.items():
    for group in groups:
        amount = floor(credit_of[actor][group] * method["credit_share"] / method["credit_days"])
        for target, sum_of_prices in price_by_target.items():
            passed[target][group] += floor(amount * (sum_of_prices / sum(price_by_target.values())))

fixed_flows = {row["account"]: [row[f"credit_{group}"] for group in groups] for row in flows if row["day"] == day}
different_flows = {account for account in passed if passed[account] != fixed_flows.get(account, [0] * len(groups))}
print(f"{len(fixed_flows):,} flows of {day} computed again, {len(different_flows)} of them differ")

# %% [markdown]
# ## Confidence range
#
# The range of a score comes from [resampling](../explanation/confidence.md#recompute-it) the people who reacted. Here
# are those of a few people of whom all can be observed, and all who reacted are known by name.

# %%
MASK = 2**64 - 1
THRESHOLDS = [floor(2**16 * sum(exp(-1) / factorial(k) for k in range(n + 1))) for n in range(9)]
parts = defaultdict(lambda: defaultdict(int))  # account to what each actor gave by each signal, in billionths
for row in entries:
    age = (day - row["day"]).days
    part = row["worth" if age else "fresh_worth"] * round(1000 * method.age_weights[age])
    parts[row["target"]][row["actor"], row["signal"], row["known"]] += part


def draw_occurrences(seed, key):
    """Return how often an actor occurs in each of 200 replicates."""
    occurrences = []
    for number in range(1, 51):
        z = ((key & MASK ^ seed) + number * 0x9E3779B97F4A7C15) & MASK
        z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9 & MASK
        z = (z ^ z >> 27) * 0x94D049BB133111EB & MASK
        z ^= z >> 31
        draws = [(z >> shift) & 0xFFFF for shift in (0, 16, 32, 48)]
        occurrences += [sum(draw >= threshold for threshold in THRESHOLDS) for draw in draws]
    return occurrences


def find_costliest_signal(network):
    """Return the reaction with the highest price that can be observed on a network."""
    signals = [signal for signal in method.signals if observable[network].intersection(signal.verbs)]
    return max(signals, key=lambda signal: (method.rate(network, signal), -signal.number)).name


def score_replicate(accounts, occurrences, added=None):
    """Return the score if actors occur so often; one more account, signal and part may be added."""
    strength = 0
    for account in accounts:
        sums, people = defaultdict(int), {}
        for (actor, signal, known), part in parts[account].items():
            sums[signal, known] += occurrences[actor] * part
            people[actor] = occurrences[actor]
        count = sum(people.values())
        if added and added[0] == account:
            sums[added[1], 1] += occurrences["added"] * added[2]
            count += occurrences["added"]
        given = [0, 0]  # by strangers, by known actors
        for (signal, known), total in sums.items():
            given[known] += floor(total // 1000 * price(account, signal))
        strength += compute_strength(account, count_reactions(given[1], given[0], count))
    return compute_score(strength)


def compute_range(name, accounts):
    """Return both ends of the confidence range of a score."""
    seed = int.from_bytes(sha256(f"{name} {day}".encode()).digest()[:8])
    given = [(part, key[0], account, key[2]) for account in accounts for key, part in parts[account].items()]
    largest, _, account, _ = max((row for row in given if row[3]), default=None) or max(given)
    draws = {row[1]: draw_occurrences(seed, row[1]) for row in given} | {"added": draw_occurrences(seed, 0)}
    replicates = [{key: row[number] for key, row in draws.items()} for number in range(200)]
    added = (account, find_costliest_signal(networks[account]), largest)
    lower = sorted(score_replicate(accounts, occurrences) for occurrences in replicates)
    upper = sorted(score_replicate(accounts, occurrences, added) for occurrences in replicates)
    return min(lower[10], published[name]), max(lower[-11], upper[-11], published[name])


def is_all_observed(account):
    """Return whether followers, lists and reactions are known, and everybody who reacted by name."""
    network, profile = networks[account], profile_of.get(account, {})
    figures = [profile.get(kind) is not None or not shows(network, kind) for kind in ("followers", "lists")]
    return all(figures) and parts[account] and account not in counted and not profile["self_reported"]


counted = {account for account, _, _ in tallies}
accounts_of = defaultdict(list)
for account, name in owner.items():
    accounts_of[name].append(account)
resampled = [
    row
    for row in home.scores()
    if row["range_low"] is not None and row["claimed"] and all(map(is_all_observed, accounts_of[row["name"]]))
]
range_differences = {}
for row in resampled[-5:]:
    name, ends = row["name"], (row["range_low"], row["range_high"])
    computed = compute_range(name, accounts_of[name])
    range_differences[name] = max(abs(end - other) for end, other in zip(ends, computed, strict=True))
    print(f"{name:12} published {ends[0]:.9f} to {ends[1]:.9f}  computed here {computed[0]:.9f} to {computed[1]:.9f}")
