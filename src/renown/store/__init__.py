"""The store: the application's own database, and the published days it vouches for."""

from renown.store.chain import Entry, Opening, Verdict
from renown.store.database import open_database
from renown.store.day import PublishedDay
from renown.store.days import Days
from renown.store.erasure import HELD
from renown.store.groups import Groups
from renown.store.invitations import INVITED_DAYS
from renown.store.judgements import Judgement, Judgements
from renown.store.keys import Key, Keys
from renown.store.opt_outs import OptOuts
from renown.store.people import GIVEN, PROOFS, WITHDRAWN, Claim, People, Person
from renown.store.portraits import Name, Portraits
from renown.store.published import Points, Published, Score
from renown.store.readings import Reading, Readings
from renown.store.served import Served, ServedScore, moves
from renown.store.sessions import Proving, Session, Sessions
from renown.store.settling import Settling
from renown.store.terms import JOIN_BY, Challenge, Group, Member
from renown.store.wishes import ERASE, OPT_OUT, Wish, Wishes

__all__ = [
    "ERASE",
    "GIVEN",
    "HELD",
    "INVITED_DAYS",
    "JOIN_BY",
    "OPT_OUT",
    "PROOFS",
    "WITHDRAWN",
    "Challenge",
    "Claim",
    "Days",
    "Entry",
    "Group",
    "Groups",
    "Judgement",
    "Judgements",
    "Key",
    "Keys",
    "Member",
    "Name",
    "Opening",
    "OptOuts",
    "People",
    "Person",
    "Points",
    "Portraits",
    "Proving",
    "Published",
    "PublishedDay",
    "Reading",
    "Readings",
    "Score",
    "Served",
    "ServedScore",
    "Session",
    "Sessions",
    "Settling",
    "Verdict",
    "Wish",
    "Wishes",
    "moves",
    "open_database",
]
