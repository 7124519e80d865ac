"""The river on one page: collect into the lake, score a day, publish it."""

from renown.jobs import challenges, demo, evaluate, learn, rates, scale, spread
from renown.jobs.collect import Collected, collect
from renown.jobs.forget import forget
from renown.jobs.gather import Visit, gather
from renown.jobs.landing import Landing
from renown.jobs.progress import Progress, Silent
from renown.jobs.score import score
from renown.jobs.stream import Limits, Stream, Streamed

__all__ = [
    "Collected",
    "Landing",
    "Limits",
    "Progress",
    "Silent",
    "Stream",
    "Streamed",
    "Visit",
    "challenges",
    "collect",
    "demo",
    "evaluate",
    "forget",
    "gather",
    "learn",
    "rates",
    "scale",
    "score",
    "spread",
]
