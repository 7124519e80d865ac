"""The model card: what a method measures, on whom it was judged, where it fails, in Markdown."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from renown.errors import BadInput
from renown.method import Method

Evaluation = Mapping[str, Any]

_KINDS = {"pairs": "both_new", "klout": "rmse", "spread": "every"}
"""Evaluations in the order of the card, of judgements, Klout's scores and spread: to the column that only it has."""

_FOOT = """\
## Where it fails

- **Small accounts.** Among accounts that a few people reacted to, order is mostly chance: the rank correlation over all
  is far below that over the active. Reactions of two people, each counted once for each way of
  reacting, count nothing; below the constants `enough_people`
  and `enough_days` every answer says *not enough data*.
- **Single networks, and networks without lists or profiles.** What cannot be seen is left out and the other weights
  renormalised: the rows *without lists* and *without profiles* above are what is left then.
- **Likes** are judged nowhere in this data: their weight is stated.
- **One time and place.** The judgements are of Twitter in 2012 and 2013, the spread is of one week and one piece of
  news. People, languages and networks beside them were not judged.
- **Bought reactions** of accounts that others react to cannot be told from real ones.

## What it must not be used for

Hiring, credit, insurance, housing, prices, or any other decision about somebody that they did not ask for. It says
nothing of a person's worth, skill, honesty or reach beyond the networks that were seen. Nobody who did not claim an
account is to be shown with a score.
"""


def read_evaluations(paths: Sequence[Path], method: Method) -> list[Evaluation]:
    """
    Read what ``renown evaluate … --json`` printed.

    Raises
    ------
    BadInput
        If a file is something else, or tells of another method.
    """
    found = []
    for path in paths:
        try:
            told = json.loads(path.read_text(encoding="utf-8"))
            kind_of(told)
        except (OSError, ValueError, LookupError, TypeError, StopIteration) as error:
            msg = f"{str(path)!r} is no evaluation; write one with `renown evaluate … --json > {path.name}`"
            raise BadInput(msg) from error
        if told.get("method_digest") != method.digest:
            msg = f"{str(path)!r} tells of another method than {method.version!r} as it is now; evaluate it again"
            raise BadInput(msg)
        found.append(told)
    return found


def kind_of(told: Evaluation) -> str:
    """Return which evaluation this is: `pairs`, `klout` or `spread`."""
    return next(kind for kind, column in _KINDS.items() if column in told["rows"][0])


def card(method: Method, evaluations: Iterable[Evaluation], *, page: str = "method.md") -> str:
    """
    Return the card of a method, each evaluation with its error bars.

    Parameters
    ----------
    method : Method
    evaluations : iterable of mapping
        As `read_evaluations` returns them.
    page : str
        Where the method is told of.
    """
    ordered = sorted(evaluations, key=lambda told: list(_KINDS).index(kind_of(told)))
    return "\n".join([*_head(method, page), *(line for told in ordered for line in _evaluated(told)), _FOOT])


def _head(method: Method, page: str) -> Iterator[str]:
    yield f"# Model card: method {method.version}\n"
    yield "## What it measures\n"
    yield (
        "How many people somebody's posts moved in the last "
        f"{method['window_days']:g} days, on the networks that were seen: who passed them on, answered, approved,\n"
        "followed, and put them on lists. One number from 1 to 100; every tenfold of people moved is worth "
        f"{99 / method['score_decades']:.1f} points.\n"
    )
    yield "| signal | weight | how the weight was set |"
    yield "|---|---|---|"
    for signal in method.signals:
        yield f"| {signal.name} | {signal.weight.value:g} | {signal.weight.source} |"
    learned = method.provenance
    if learned:
        yield (
            f"\nLearned from {learned['pairs']:,} judgements between {learned['people']:,} people "
            f"(file {str(learned['judgements'])[:12]}), with a pull towards even weights of {learned['shrinkage']:g}, "
            f"seed {learned['seed']}. What was not learned says so, with its source: [the method]({page})."
        )
    yield "\n## On whom it was judged\n"


def _evaluated(told: Evaluation) -> Iterator[str]:
    rows, kind = told["rows"], kind_of(told)
    if kind == "pairs":
        yield f"**{told['pairs']:,} human judgements of {told['people']:,} people** (file {told['digest'][:12]})."
        yield "AUC where nobody of a pair was learned from, with 95 % over people.\n"
        yield from _table(("order by", "AUC", "95 %"), rows, lambda row: (_three(row["both_new"]), _span(row, 3)))
    elif kind == "klout":
        yield f"**{told['accounts']:,} accounts with the scores that Klout gave them**, from public figures alone.\n"
        yield from _table(
            ("scored by", "RMSE, points", "95 %", "bias", "Spearman"),
            rows,
            lambda row: (f"{row['rmse']:.1f}", _span(row, 1), f"{row['bias']:+.1f}", f"{row['spearman']:.2f}"),
        )
    else:
        yield f"**{told['accounts']:,} accounts before {told['cut']}**, by who passed their posts on afterwards (days"
        yield f"foretold: {told['horizon']}). Spearman over all, and over {told['active']:,} reposted five times.\n"
        yield from _table(
            ("order by", "all", "reposted five times"),
            rows,
            lambda row: (_three(row["every"]), _three(row["active"])),
        )
    yield ""


def _table(head: Sequence[str], rows: Sequence[Evaluation], cells: Any) -> Iterator[str]:
    yield f"| {' | '.join(head)} |"
    yield "|" + "---|" * len(head)
    for row in rows:
        yield f"| {row['name']} | {' | '.join(cells(row))} |"


def _three(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"


def _span(row: Evaluation, places: int) -> str:
    return f"{row['low']:.{places}f} to {row['high']:.{places}f}"
