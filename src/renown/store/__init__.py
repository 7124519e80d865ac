"""The store: the application's own database, and the published days it vouches for."""

from renown.store.database import open_database
from renown.store.days import Days, PublishedDay
from renown.store.opt_outs import OptOuts
from renown.store.people import GIVEN, PROOFS, WITHDRAWN, Claim, People, Person
from renown.store.published import Points, Published, Score
from renown.store.readings import Reading, Readings
from renown.store.served import Served, ServedScore

__all__ = [
    "GIVEN",
    "PROOFS",
    "WITHDRAWN",
    "Claim",
    "Days",
    "OptOuts",
    "People",
    "Person",
    "Points",
    "Published",
    "PublishedDay",
    "Reading",
    "Readings",
    "Score",
    "Served",
    "ServedScore",
    "open_database",
]
