"""Render the model card of a method in Markdown: purpose, evaluations, limits."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from renown.errors import InvalidInputError
from renown.method.file import Method
from renown.research.faking import iter_faking_lines

Evaluation = Mapping[str, Any]

_KIND_COLUMNS = {
    "pairs": "both_new",
    "klout": "rmse",
    "spread": "every",
    "coverage": "low_decile",
    "faking": "bounds",
}
"""Kind of evaluation to a column that only its rows have, in the order of the card."""

_VALUE_WORDS = {"interactions": "reactions"}

_FOOTER = """\
## Where it fails

- **Small accounts.** If only a few people reacted to an account, its rank is mostly chance: the rank correlation over
  all accounts is far below the one over active accounts. Reactions of only two people (each person counts once per kind
  of reaction) add nothing; below the constants `enough_people` and `enough_days` every score is marked
  *not enough data*.
- **Single networks, and networks without lists or profiles.** Signals that cannot be observed are left out and the
  other weights renormalised: see the rows *without lists* and *without profiles* above.
- **Likes** do not occur in this data: their weight is stated, not learned.
- **One time and place.** The judgements are from Twitter in 2012 and 2013, the spread is from one week and one news
  story. Other people, languages and networks were not evaluated.
- **Bought reactions** from accounts that others react to cannot be distinguished from real ones.

## What it must not be used for

Hiring, credit, insurance, housing, prices, or any other decision about people that they did not ask for. It says
nothing about a person's worth, skill, honesty or reach beyond the observed networks. Do not show a score of anybody
who did not claim an account.
"""


def read_evaluations(paths: Sequence[Path], method: Method) -> list[Evaluation]:
    """
    Read evaluation files that ``renown evaluate … --json`` printed.

    Raises
    ------
    InvalidInputError
        If a file is no evaluation, or of another method.
    """
    evaluations = []
    for path in paths:
        try:
            evaluation = json.loads(path.read_text(encoding="utf-8"))
            evaluation_kind(evaluation)
        except (OSError, ValueError, LookupError, TypeError, StopIteration) as error:
            raise InvalidInputError(
                f"{str(path)!r} is not an evaluation; create one with `renown evaluate … --json > {path.name}`"
            ) from error
        if evaluation.get("method_digest") != method.digest:
            raise InvalidInputError(
                f"{str(path)!r} is an evaluation of another method than the current {method.version!r}; evaluate again"
            )
        evaluations.append(evaluation)
    return evaluations


def evaluation_kind(evaluation: Evaluation) -> str:
    """Return the kind of an evaluation: `pairs`, `klout`, `spread`, `coverage` or `faking`."""
    return next(kind for kind, column in _KIND_COLUMNS.items() if column in evaluation["rows"][0])


def render_model_card(method: Method, evaluations: Iterable[Evaluation], *, method_page: str = "method.md") -> str:
    """
    Render the model card of a method in Markdown, with confidence intervals for each evaluation.

    Parameters
    ----------
    method : Method
    evaluations : iterable of mapping
        As returned by `read_evaluations`.
    method_page : str
        Link target of the method's description.
    """
    ordered = sorted(evaluations, key=lambda evaluation: list(_KIND_COLUMNS).index(evaluation_kind(evaluation)))
    return "\n".join(
        [
            *_header_lines(method, method_page),
            *(line for evaluation in ordered for line in _evaluation_lines(evaluation)),
            _FOOTER,
        ]
    )


def _header_lines(method: Method, method_page: str) -> Iterator[str]:
    yield f"# Model card: method {method.version}\n"
    yield "## What it measures\n"
    yield (
        "How many people reacted to somebody in the last "
        f"{method['window_days']:g} days on the observed networks: by reposts, replies, likes,\n"
        "follows and lists. One number from 1 to 100; ten times as many people add "
        f"{99 / method['score_decades']:.1f} points.\n"
    )
    yield f"| {'value' if method.has_ledger else 'signal'} | weight | how the weight was set |"
    yield "|---|---|---|"
    weights = {signal.reads if method.has_ledger else signal.name: signal.weight for signal in method.signals}
    for name, weight in weights.items():
        yield f"| {_VALUE_WORDS.get(name, name)} | {weight.value:g} | {weight.source} |"
    provenance = method.provenance
    if provenance:
        yield (
            f"\nLearned from {provenance['pairs']:,} judgements between {provenance['people']:,} people "
            f"(file {str(provenance['judgements'])[:12]}), with shrinkage {provenance['shrinkage']:g} "
            f"towards equal weights, seed {provenance['seed']}. "
            f"Constants that were not learned state their source: [the method]({method_page})."
        )
    yield "\n## How it was evaluated\n"


def _evaluation_lines(evaluation: Evaluation) -> Iterator[str]:
    lines = {
        "pairs": _pairs_lines,
        "klout": _klout_lines,
        "spread": _spread_lines,
        "coverage": _coverage_lines,
        "faking": _faking_lines,
    }
    yield from lines[evaluation_kind(evaluation)](evaluation)
    yield ""


def _pairs_lines(evaluation: Evaluation) -> Iterator[str]:
    yield (
        f"**{evaluation['pairs']:,} human judgements of {evaluation['people']:,} people** "
        f"(file {evaluation['digest'][:12]})."
    )
    yield "AUC on pairs of people that were not in the training data, with 95% confidence intervals over people.\n"
    yield from _table_lines(
        ("order by", "AUC", "95%"),
        evaluation["rows"],
        lambda row: (_format_decimal(row["both_new"]), _format_interval(row, 3)),
    )


def _klout_lines(evaluation: Evaluation) -> Iterator[str]:
    yield f"**{evaluation['accounts']:,} accounts with their Klout scores**, scored from followers and lists alone:"
    yield "the file has no reactions, which Klout scored, too.\n"
    yield from _table_lines(
        ("scored by", "RMSE, points", "95%", "bias", "Spearman"),
        evaluation["rows"],
        lambda row: (f"{row['rmse']:.1f}", _format_interval(row, 1), f"{row['bias']:+z.1f}", f"{row['spearman']:.2f}"),
    )


def _spread_lines(evaluation: Evaluation) -> Iterator[str]:
    yield f"**{evaluation['accounts']:,} accounts before {evaluation['cut']}**,"
    yield "compared with who reposted them afterwards"
    means = "Means over the cuts of Spearman" if evaluation.get("cuts") else "Spearman"
    yield (
        f"(days ahead: {evaluation['horizon']}). "
        f"{means} over all, and over {evaluation['active']:,} reposted five times; NDCG of the first hundred.\n"
    )
    yield from _table_lines(
        ("order by", "all", "reposted five times", "NDCG@100"),
        evaluation["rows"],
        lambda row: tuple(_format_decimal(row[column]) for column in ("every", "active", "ndcg")),
    )


def _coverage_lines(evaluation: Evaluation) -> Iterator[str]:
    yield f"**{evaluation['people']:,} people, scored from some of their values**, compared with the score from all:"
    yield f"{', '.join(evaluation['values'])}. Difference in points.\n"
    yield from _table_lines(
        ("seen", "median", "middle half", "deciles"),
        evaluation["rows"],
        lambda row: (
            f"{row['median']:+z.1f}",
            f"{row['low_quartile']:+z.1f} to {row['high_quartile']:+z.1f}",
            f"{row['low_decile']:+z.1f} to {row['high_decile']:+z.1f}",
        ),
    )


def _faking_lines(evaluation: Evaluation) -> Iterator[str]:
    yield (
        f"**A generated population of {evaluation['accounts']:,} accounts, {evaluation['seeds']} of them verified**, "
        f"with acts of {evaluation['days']} days."
    )
    yield "Points that somebody with a score of 30, 50 or 70 gains by an attack, on a network with and without lists.\n"
    yield from iter_faking_lines(evaluation["rows"])
    if "claimed_rows" in evaluation:
        yield "\nThe same where only the acts on claimed people are read, with and without a look at those who react.\n"
        yield from iter_faking_lines(evaluation["claimed_rows"])


def _table_lines(header: Sequence[str], rows: Sequence[Evaluation], format_cells: Any) -> Iterator[str]:
    yield f"| {' | '.join(header)} |"
    yield "|" + "---|" * len(header)
    for row in rows:
        yield f"| {row['name']} | {' | '.join(format_cells(row))} |"


def _format_decimal(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"


def _format_interval(row: Evaluation, digits: int) -> str:
    return f"{row['low']:.{digits}f} to {row['high']:.{digits}f}"
