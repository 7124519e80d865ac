"""The store: the application's own database, and the published days it vouches for."""

from renown.store.database import open_database
from renown.store.days import Days, PublishedDay
from renown.store.keys import Key, Keys
from renown.store.people import People, Person
from renown.store.portraits import Name, Portraits
from renown.store.published import Points, Published, Score
from renown.store.readings import Reading, Readings
from renown.store.served import Served, ServedScore, moves

__all__ = [
    "Days",
    "Key",
    "Keys",
    "Name",
    "People",
    "Person",
    "Points",
    "Portraits",
    "Published",
    "PublishedDay",
    "Reading",
    "Readings",
    "Score",
    "Served",
    "ServedScore",
    "moves",
    "open_database",
]
