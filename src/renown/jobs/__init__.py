"""The river on one page: collect into the lake, score a day, publish it."""

from renown.jobs import asking, challenges, demo, evaluate, learn, portray, rates, scale, spread, wishes
from renown.jobs.asking import Asking
from renown.jobs.collect import Collected, collect, turns
from renown.jobs.daily import Run, run
from renown.jobs.forget import erase, forget, keep_out
from renown.jobs.gather import Visit, gather, readable
from renown.jobs.keep import EVERY, Stop, keep
from renown.jobs.landing import Landing
from renown.jobs.opting import hide, opt_in, opt_out
from renown.jobs.progress import Progress, Silent
from renown.jobs.prove import Finding, page_of, prove
from renown.jobs.score import score
from renown.jobs.stream import Limits, Stream, Streamed
from renown.jobs.wishes import Granted, grant

__all__ = [
    "EVERY",
    "Asking",
    "Collected",
    "Finding",
    "Granted",
    "Landing",
    "Limits",
    "Progress",
    "Run",
    "Silent",
    "Stop",
    "Stream",
    "Streamed",
    "Visit",
    "asking",
    "challenges",
    "collect",
    "demo",
    "erase",
    "evaluate",
    "forget",
    "gather",
    "grant",
    "hide",
    "keep",
    "keep_out",
    "learn",
    "opt_in",
    "opt_out",
    "page_of",
    "portray",
    "prove",
    "rates",
    "readable",
    "run",
    "scale",
    "score",
    "spread",
    "turns",
    "wishes",
]
