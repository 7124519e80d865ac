"""The river on one page: collect into the lake, score a day, publish it."""

from renown.jobs import demo, evaluate, learn, portray, rates, scale, spread
from renown.jobs.collect import Collected, collect, turns
from renown.jobs.daily import Run, run
from renown.jobs.forget import forget
from renown.jobs.gather import Visit, gather, readable
from renown.jobs.keep import EVERY, Stop, keep
from renown.jobs.landing import Landing
from renown.jobs.progress import Progress, Silent
from renown.jobs.score import score
from renown.jobs.stream import Limits, Stream, Streamed

__all__ = [
    "EVERY",
    "Collected",
    "Landing",
    "Limits",
    "Progress",
    "Run",
    "Silent",
    "Stop",
    "Stream",
    "Streamed",
    "Visit",
    "collect",
    "demo",
    "evaluate",
    "forget",
    "gather",
    "keep",
    "learn",
    "portray",
    "rates",
    "readable",
    "run",
    "scale",
    "score",
    "spread",
    "turns",
]
