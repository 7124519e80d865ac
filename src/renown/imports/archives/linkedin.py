"""LinkedIn export: connections, endorsements and recommendations, all named; there are no counts of posts."""

import re
from collections.abc import Generator, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from urllib.parse import unquote

from renown.connectors.base import Account, Record
from renown.errors import InvalidInputError
from renown.imports.archives.containers import open_archive
from renown.imports.archives.contents import ArchiveContents, DroppedEntries, RecordStream
from renown.imports.archives.owner_acts import OwnerActs, parse_local_instant
from renown.imports.archives.owners import choose_owner
from renown.imports.archives.reader import ArchiveReader

NETWORK = "linkedin"
CLICKS = (
    "on linkedin.com, open Me > Settings & Privacy > Data privacy > Get a copy of your data, and choose the larger "
    "data archive"
)
_CONNECTIONS = r"(?i:connections)\.csv"
_ENDORSEMENTS_RECEIVED = r"(?i:endorsements?[ _]received([ _]info)?)\.csv"
_ENDORSEMENTS_GIVEN = r"(?i:endorsements?[ _]given([ _]info)?)\.csv"
_RECOMMENDATIONS_RECEIVED = r"(?i:recommendations?[ _]received)\.csv"
_RECOMMENDATIONS_GIVEN = r"(?i:recommendations?[ _]given)\.csv"
_INVITATIONS = r"(?i:invitations)\.csv"
_READ_FILES = (
    *(_CONNECTIONS, _ENDORSEMENTS_RECEIVED, _ENDORSEMENTS_GIVEN),
    *(_RECOMMENDATIONS_RECEIVED, _RECOMMENDATIONS_GIVEN),
)
_PROFILE_URL = re.compile(r"(?:^(?:https://www\.linkedin\.com)?|linkedin\.com)/?in/([^/?#\s,]{1,200})", re.IGNORECASE)
_SLUG = re.compile(r"[\w%.-]{1,200}")
_DAY_FORMATS = ("%d %b %Y", "%d-%b-%Y", "%Y-%m-%d", "%m/%d/%Y", "%m/%d/%y")
_INSTANT_FORMATS = ("%Y/%m/%d %H:%M:%S UTC", "%Y-%m-%d %H:%M:%S UTC", "%m/%d/%y, %I:%M %p", "%m/%d/%Y, %I:%M %p")
_NO_PERSON = "names no person by the address of a profile, and no connection by name"
_NO_INSTANT = "has no English date, such as 12 Nov 2024; switch LinkedIn to English and export again"
_ACCEPTED, _VISIBLE = frozenset(("", "accepted")), frozenset(("", "visible"))
"""States in which an endorsement or a recommendation is shown; exports that have no state are of shown ones."""

Fields = Mapping[str, str]


def read_archive(path: Path, now: datetime, handle: str | None = None) -> ArchiveContents:
    """
    Read a LinkedIn export: one of its ZIP files, or a folder with both.

    Accounts are named by the last part of the addresses of their profiles.

    Raises
    ------
    InvalidInputError
        If it is no LinkedIn export, or does not tell whose it is.
    """
    with open_archive(path) as archive:
        if not any(map(archive.find_files, _READ_FILES)):
            raise archive.missing_file_error("Connections.csv", "LinkedIn")
        owner = _find_owner(archive, handle)
        covers = [
            verb
            for verb, pattern in {"like": _ENDORSEMENTS_RECEIVED, "share": _RECOMMENDATIONS_RECEIVED}.items()
            if archive.find_files(pattern)
        ]
    dropped = DroppedEntries()

    def read(archive: ArchiveReader) -> Iterator[Record]:
        return _LinkedInReader(archive, OwnerActs(NETWORK, owner, now), dropped).iterate_records()

    return ArchiveContents(
        network=NETWORK,
        account=Account(owner, owner),
        covers=tuple(covers),
        records=RecordStream(path, read),
        dropped=dropped,
    )


def parse_profile_url(text: str) -> str | None:
    """
    Return the name of an account from the address of its profile; None if it is none.

    Examples
    --------
    >>> parse_profile_url("https://www.linkedin.com/in/Ada-L%C3%B6we-1/?x=y"), parse_profile_url("linkedin.com/jobs")
    ('ada-löwe-1', None)
    """
    match = _PROFILE_URL.search(text)
    text = match[1] if match else ""
    name = (unquote(text) if "%" in text else text).strip().lower()
    return name if name.isprintable() and name else None


def _find_owner(archive: ArchiveReader, handle: str | None) -> str:
    """Return the owner's name: whose invitations they are, or as given."""
    expected_owner = None
    if handle:
        expected_owner = parse_profile_url(handle) or (handle.lower() if _SLUG.fullmatch(handle) else None)
        if expected_owner is None:
            raise InvalidInputError(
                f"--handle is {handle!r}; write the address of your profile, such as https://www.linkedin.com/in/ada-l"
            )
    owner = _read_owner(archive)
    return choose_owner(archive, owner, handle, expected_owner, missing_file="Invitations.csv")


def _read_owner(archive: ArchiveReader) -> str | None:
    for name in archive.find_files(_INVITATIONS):
        for _, fields in archive.iterate_csv(name, ("direction",)):
            is_sent = fields.get("direction", "").casefold() == "outgoing"
            if owner := parse_profile_url(fields.get("inviterprofileurl" if is_sent else "inviteeprofileurl", "")):
                return owner
    return None


@dataclass
class _LinkedInReader:
    """Reads the files of an export."""

    archive: ArchiveReader
    acts: OwnerActs
    dropped: DroppedEntries
    accounts_by_name: dict[str, str | None] = field(default_factory=dict)
    """First and last name of a connection to its account; None if several have that name."""
    instants: dict[str, datetime | None] = field(default_factory=dict)
    """Dates that were read, as written, to their instants."""

    def iterate_records(self) -> Iterator[Record]:
        """Yield all records; the figures at last, when they are counted."""
        self.dropped.clear()
        connections = yield from self._iterate_connections()
        yield from self._iterate_endorsements(_ENDORSEMENTS_RECEIVED, "endorser")
        yield from self._iterate_endorsements(_ENDORSEMENTS_GIVEN, "endorsee")
        yield from self._iterate_recommendations_received()
        yield from self._iterate_recommendations_given()
        yield self.acts.profile(followers=connections, following=connections)

    def _rows(self, pattern: str, *required: str) -> Iterator[tuple[str, int, Fields]]:
        for name in self.archive.find_files(pattern):
            for number, fields in self.archive.iterate_csv(name, required):
                yield name, number, fields

    def _iterate_connections(self) -> Generator[Record, None, int | None]:
        people, owner, received = set(), self.acts.owner, self.acts.build_incoming_act
        for name, number, fields in self._rows(_CONNECTIONS, "first name", "last name", "connected on"):
            account, full_name = parse_profile_url(fields.get("url", "")), _full_name(fields)
            if not account and not full_name:
                continue
            people.add(account or full_name)
            if account is None:
                continue
            if self.accounts_by_name.setdefault(full_name, account) != account:
                self.accounts_by_name[full_name] = None
            if (at := self._parse_date(fields.get("connected on", ""))) is None:
                self.dropped.add(name, number, _NO_INSTANT)
            elif account != owner:
                yield received("follow", account, at)
        return len(people) if self.archive.find_files(_CONNECTIONS) else None

    def _iterate_endorsements(self, pattern: str, role: str) -> Iterator[Record]:
        """
        Yield endorsements of skills, received from each ``endorser`` or given to each ``endorsee``.

        Older exports name people without the address of their profile, as recommendations do.
        """
        create = self.acts.build_incoming_act if role == "endorser" else self.acts.build_outgoing_act
        for name, number, fields in self._rows(pattern, "endorsement date"):
            account = parse_profile_url(fields.get(f"{role} public url", ""))
            account = account or self.accounts_by_name.get(_full_name(fields, role))
            at = self._parse_date(fields.get("endorsement date", ""))
            if fields.get("endorsement status", "").casefold() not in _ACCEPTED or account == self.acts.owner:
                continue
            if account is None or at is None:
                self.dropped.add(name, number, _NO_PERSON if account is None else _NO_INSTANT)
            else:
                yield create("like", account, at, f"skill {_printable(fields.get('skill name', ''))[:100]}".strip())

    def _iterate_recommendations_received(self) -> Iterator[Record]:
        """Yield recommendations, which have names of people only; of those who are no connection they are counted."""
        for name, number, fields in self._rows(_RECOMMENDATIONS_RECEIVED, "first name", "last name"):
            account = self.accounts_by_name.get(_full_name(fields))
            at = self._parse_date(_creation_date(fields))
            if fields.get("status", "").casefold() not in _VISIBLE:
                continue
            if at is None:
                self.dropped.add(name, number, _NO_INSTANT)
            elif account is None:
                yield self.acts.tally("share", 1, at, f"recommendation of {at:%Y-%m-%d %H:%M}")
            else:
                yield self.acts.build_incoming_act("share", account, at)

    def _iterate_recommendations_given(self) -> Iterator[Record]:
        for name, number, fields in self._rows(_RECOMMENDATIONS_GIVEN, "first name", "last name"):
            account = self.accounts_by_name.get(_full_name(fields))
            at = self._parse_date(_creation_date(fields))
            if fields.get("status", "").casefold() not in _VISIBLE:
                continue
            if account is None or at is None:
                self.dropped.add(name, number, _NO_PERSON if account is None else _NO_INSTANT)
            else:
                yield self.acts.build_outgoing_act("share", account, at)

    def _parse_date(self, text: str) -> datetime | None:
        """Return the instant of a date in any of the formats: days repeat, and each format takes 25 microseconds."""
        try:
            return self.instants[text]
        except KeyError:
            at = self.instants[text] = self.acts.plausible_instant(_parse_instant(text))
            return at


def _parse_instant(text: str) -> datetime | None:
    """Return the instant of a date in any of the formats."""
    text = " ".join(text.replace("\u202f", " ").split())
    return parse_local_instant(text, *_INSTANT_FORMATS, *_DAY_FORMATS)


def _full_name(fields: Fields, role: str = "") -> str:
    """Return the name in the columns ``First Name`` and ``Last Name``, which may begin with a role."""
    first, last = (f"{role} first name", f"{role} last name") if role else ("first name", "last name")
    return f"{fields.get(first, '')} {fields.get(last, '')}".strip().casefold()


def _creation_date(fields: Fields) -> str:
    """Return when a recommendation was written; exports differ in the name of the column."""
    return fields.get("creation date") or fields.get("created date", "")


def _printable(text: str) -> str:
    return "".join(character for character in text if character.isprintable())
