"""A remark on who brings a score: whether many people do, or a few accounts that nobody known reacts to."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from renown.answers.explain.explanation import Explanation
from renown.answers.explain.receipt_lines import ReceiptLine, SignalReceipt
from renown.answers.signal_words import signal_word
from renown.text import plural

_STRANGERS = "strangers"
_STRANGER_SHARE = 0.5
"""Share of a signal's acts from which on strangers are remarked on; stated."""
_REPEATED_ACTS = 10
"""Acts per stranger from which on they are remarked on, because few accounts act again and again; stated."""
_TOP_SHARE = 0.5
"""Share of the points of reactions from which on a single account is remarked on; stated."""
_OPENINGS = {"genuine": "Looks genuine", "care": "Read with care", "unknown": "Too early to tell"}


@dataclass(frozen=True, kw_only=True)
class TrustRemark:
    """Who brings a score, in one sentence."""

    kind: str
    """`genuine`, `care` if a few accounts bring most of it or react again and again, `unknown` without enough data."""
    sentence: str
    people: int
    """People who reacted, as in the receipt."""
    top_percent: float | None
    """Percent of the points of reactions that the most active person gives; None without named people."""


def remark_on_trust(explanation: Explanation) -> TrustRemark:
    """
    Remark on who brings a score.

    Parameters
    ----------
    explanation : Explanation
        With all names.
    """
    coverage = explanation.receipt.coverage
    reactions = [signal for signal in explanation.signals if _has_actors(signal)]
    top_percent = _find_top_percent(reactions)
    kind, reason = _judge(explanation, reactions, top_percent)
    return TrustRemark(
        kind=kind, sentence=f"{_OPENINGS[kind]}: {reason}.", people=coverage.people, top_percent=top_percent
    )


def _judge(explanation: Explanation, reactions: Sequence[SignalReceipt], top_percent: float | None) -> tuple[str, str]:
    """Return the kind of remark and its reason."""
    coverage = explanation.receipt.coverage
    if repeated := _describe_repeated_strangers(reactions):
        return "care", repeated
    if coverage.warnings or top_percent is None:
        return "unknown", "; ".join(coverage.warnings) or "nobody has reacted yet"
    people = (
        f"{plural(coverage.people, 'person', 'people')} reacted, the most active one gives {top_percent:.0f}% of the "
        "points of reactions"
    )
    if top_percent >= 100 * _TOP_SHARE:
        return "care", people
    if explanation.unjudged_networks:
        return "unknown", f"{people}; known people and strangers cannot be told apart"
    return "genuine", people


def _has_actors(signal: SignalReceipt) -> bool:
    return any(line.kind != "profile" for line in signal.actors)


def _find_top_percent(signals: Iterable[SignalReceipt]) -> float | None:
    """Return the percent of the points of reactions that the most active account gives."""
    totals: dict[int, float] = {}
    for line in (line for signal in signals for line in signal.actors if line.kind == "actor"):
        totals[line.account] = totals.get(line.account, 0.0) + line.points
    points = sum(signal.subject.points for signal in signals)
    return 100 * max(totals.values()) / points if totals and points > 0 else None


def _describe_repeated_strangers(signals: Iterable[SignalReceipt]) -> str:
    """Describe the signal in which strangers act most often, if few of them bring most acts; else return nothing."""
    descriptions = []
    for signal in signals:
        acts = sum(map(_count_acts, signal.actors))
        for discount in signal.discounts:
            if (
                discount.reason == _STRANGERS
                and discount.acts >= _STRANGER_SHARE * acts
                and discount.acts >= _REPEATED_ACTS * max(discount.accounts, 1)
            ):
                points = signal.subject.points * discount.counted / signal.subject.received
                accounts = plural(discount.accounts, "account")
                percent, word = 100 * min(discount.acts / acts, 1.0), signal_word(signal.subject.signal)
                text = (
                    f"{_format_share(percent)} of {word} come from {accounts} that nobody known reacts to; "
                    f"they brought {points:.1f} points"
                )
                descriptions.append((discount.acts, text))
    return max(descriptions, default=(0, ""))[1]


def _format_share(percent: float) -> str:
    """Write a share in whole percent; not all is not 100%."""
    return "more than 99%" if 99.5 <= percent < 100 else f"{percent:.0f}%"  # noqa: PLR2004 - rounded to 100


def _count_acts(line: ReceiptLine) -> int:
    return line.acts if line.kind == "others" else line.count
