# %% [markdown]
# # Who influences whom
#
# A notebook that runs from the first cell to the last: it scores a population, draws who influences whom, and tests a
# method of one's own against what happened next. It is executed each time this documentation is built, on generated
# data. For your own, replace the next cell by `home = renown.open("~/.renown")`.

# %%
import os
import tempfile
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import matplotlib.pyplot as plt
import networkx as nx
import polars as pl

import renown
from renown import demo
from renown.home import create_home, open_home
from renown.progress import NullProgress

folder = Path(tempfile.mkdtemp()) / "home"
activity = os.environ.get("HIGGS")  # activity_time.txt as CSV with a header; see the end of this page

# %% [markdown]
# ## A home with data
#
# Without a file, 1,500 people act on three networks for 100 days, as in `renown demo`; a tenth of them claimed their
# accounts.

# %%
create_home(folder)
if activity:
    network, cut = "x", date(2012, 7, 4)
    with renown.open(folder) as home:
        home.import_("interactions", activity, network=network, verbs={"RT": "repost", "MT": "mention", "RE": "reply"})
else:
    network, cut = "mastodon", date(2026, 11, 16)
    size = demo.DemoSize(
        members=1_500, days=100, public_figures=2, professionals=2, everyday_claims=120, paid_accounts=30
    )
    opened = open_home(folder, {})
    now = datetime.now(UTC)
    demo.import_demo(
        opened.run_resources,
        opened.claims,
        last=cut + timedelta(days=7),
        seed=1,
        now=now,
        progress=NullProgress(),
        size=size,
    )

home = renown.open(folder)
leaders = home.score(cut)

# %% [markdown]
# ## A score explains itself
#
# The points of a receipt add up to the score. Bars show them.

# %%
leaders

# %%
home.receipt(leaders.rows()[0]["name"])

# %% [markdown]
# ## The map
#
# The ledger has what each actor's acts on each target were worth on their day. Summed over a month they are the edges
# of a map: an arrow leads from somebody to those whom they influence, who are the ones that react. The larger a dot,
# the more reactions of weight somebody received from the others on the map.

# %%
ledger = home.table("ledger", first=cut - timedelta(days=30), last=cut, as_="polars")
edges = (
    ledger.filter(pl.col("network") == network)
    .with_columns(
        target=pl.coalesce("target_handle", "target_id").str.split("@").list.first(),
        actor=pl.coalesce("actor_handle", "actor_id").str.split("@").list.first(),
    )
    .group_by("target", "actor")
    .agg(pl.col("worth").sum())
    .sort("worth", "target", "actor", descending=True)
    .group_by("target", maintain_order=True)
    .head(8)
    .head(160)
)
graph = nx.DiGraph()
graph.add_weighted_edges_from(edges.select("target", "actor", "worth").iter_rows())
influence = dict(graph.out_degree(weight="weight"))
strongest = max(influence.values())
top = sorted(influence, key=lambda node: influence[node], reverse=True)[:10]

plt.figure(figsize=(10, 7))
layout = nx.spring_layout(graph, seed=3, k=0.35, iterations=200, weight=None)
nx.draw_networkx_edges(graph, layout, alpha=0.2, arrowsize=6, node_size=60)
nx.draw_networkx_nodes(
    graph,
    layout,
    node_size=[15 + 500 * influence[node] / strongest for node in graph],
    node_color=["#ad3410" if node in top else "#7a8a99" for node in graph],
)
nx.draw_networkx_labels(graph, layout, {node: node for node in top}, font_size=9, verticalalignment="bottom")
plt.axis("off")
plt.title(f"Who influences whom on {network}: for each person the strongest pairs of 30 days")
plt.show()

# %% [markdown]
# ## A back-test of one's own method
#
# Is a score from the past good for the future? Both methods score the same day. What they are compared with is how many
# different people reposted each account in the week after it, which neither method saw. The method of one's own is the
# default one with one constant changed: strangers count for half of what known people gave instead of a tenth.

# %%
default = home.method.version
text = home.method.text.replace(f'version = "{default}"', 'version = "own"', 1)
before, constant, after = text.partition("[constants.stranger_share]\nvalue = ")
own = folder.parent / "own.toml"
own.write_text(f"{before}{constant}0.5\n{after.partition(chr(10))[2]}")

with renown.open(folder, RENOWN_METHOD=str(own)) as own_home:
    own_home.score(cut)

first_day = cut + timedelta(days=1)
later = home.sql(
    f"""
    select a.network || ':' || a.account_id as name, count(distinct i.actor) as reposters
    from interactions i join accounts a on a.account = i.target
    where i.verb = 'repost' and i.day between date '{first_day}' and date '{first_day + timedelta(days=6)}'
    group by all
    """,
    as_="polars",
)


def evaluate(method: str) -> float:
    """Return the rank correlation of a method's scores with later reposts."""
    table = home.scores(cut, method=method, as_="polars").explode("account_ids")
    joined = table.join(later, left_on="account_ids", right_on="name")
    return float(joined.select(pl.corr("score", "reposters", method="spearman")).item())


methods = [default, "own"]
pl.DataFrame({"method": methods, "spearman": list(map(evaluate, methods))})

# %% [markdown]
# ## The Higgs acts
#
# In July 2012 half a million people wrote about the Higgs boson in the days around its announcement. Download
# `higgs-activity_time.txt.gz` from the Stanford network collection (SNAP), give it a header, and run this notebook:
#
# ```sh
# pip install jupytext nbconvert ipykernel polars
# (echo actor target at verb; zcat higgs-activity_time.txt.gz) | tr ' ' , > higgs.csv
# HIGGS=$PWD/higgs.csv jupytext --to ipynb --set-kernel python3 --execute docs/notebooks/influence.py
# ```
#
# With one command, `renown evaluate spread`, the same back-test is done over four cuts; its results for the default
# method are in [evaluation](../reference/evaluation.md).

# %%
home.close()
