"""The river on one page: collect into the lake, score a day, publish it."""

from renown.jobs import asking, challenges, demo, evaluate, learn, newcomers, portray, rates, scale, spread, wishes
from renown.jobs.asking import Asking
from renown.jobs.beside import beside
from renown.jobs.collect import Collected, collect, turns
from renown.jobs.daily import Run, read, run
from renown.jobs.forget import erase, forget, keep_out
from renown.jobs.gather import Visit, gather, readable
from renown.jobs.keep import EVERY, Stop, keep, next_published
from renown.jobs.landing import Landing
from renown.jobs.newcomers import read_new
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
    "beside",
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
    "newcomers",
    "next_published",
    "opt_in",
    "opt_out",
    "page_of",
    "portray",
    "prove",
    "rates",
    "read",
    "read_new",
    "readable",
    "run",
    "scale",
    "score",
    "spread",
    "turns",
    "wishes",
]
