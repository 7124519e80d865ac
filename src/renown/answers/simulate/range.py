"""The confidence range of a score."""

from dataclasses import dataclass, replace


@dataclass(frozen=True)
class ConfidenceRange:
    """90% confidence interval of a score: what varies is which people happened to react."""

    low: float
    """Lower end, as a score; at most the published score."""
    high: float
    """Upper end, as a score; at least the published score."""
    margin: float
    """Half of the interval's width, in points."""
    sample_size: int
    """Number of actors, plus acts of unknown actors; if 0, nobody reacted and the interval is meaningless."""
    missing: tuple[str, ...] = ()
    """Followers, lists or reactions of accounts that could not be observed, and therefore widen the interval."""

    def extend_to(self, score: float) -> "ConfidenceRange":
        """Return a copy that contains a score, e.g. the one without self-reported figures."""
        low, high = min(self.low, score), max(self.high, score)
        return replace(self, low=low, high=high, margin=(high - low) / 2)
