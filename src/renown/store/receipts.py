"""Store of receipts: those of published days of claimed people, kept when the day's profiles are built."""

from collections.abc import Iterator
from datetime import date

import sqlalchemy as sa

from renown.records import day_from_number, day_number
from renown.store.schema import receipts
from renown.store.serving.read import open_reader

_FIND_SQL = "select body from receipts where person_id = :person_id and day_no = :day_no"


class ReceiptStore:
    """Receipts of past days; a body is whatever `build_profiles` serialized."""

    def __init__(self, database: sa.Engine) -> None:
        self._database = database
        self._reader = open_reader(database)

    def find(self, key: int, day: date) -> bytes | None:
        """Return the body of a person's receipt of a day; None if none is kept."""
        values = {"person_id": -key, "day_no": day_number(day)}
        return next((bytes(body) for (body,) in self._reader.read_rows(_FIND_SQL, values)), None)

    def list_days(self) -> list[date]:
        """Return the days of which receipts are kept, oldest first."""
        select = sa.select(receipts.c.day_no).distinct().order_by(receipts.c.day_no)
        with self._database.connect() as connection:
            return list(map(day_from_number, connection.scalars(select)))

    def list_of_day(self, day: date) -> list[tuple[int, bytes]]:
        """Return the score key and body of everybody's receipt of a day."""
        select = sa.select(receipts).where(receipts.c.day_no == day_number(day)).order_by(receipts.c.person_id)
        with self._database.connect() as connection:
            return [(-row.person_id, row.body) for row in connection.execute(select)]

    def list_of_person(self, key: int) -> Iterator[tuple[date, bytes]]:
        """Yield the day and body of each receipt of a person, oldest first."""
        select = sa.select(receipts).where(receipts.c.person_id == -key).order_by(receipts.c.day_no)
        with self._database.connect() as connection:
            for row in connection.execute(select):
                yield day_from_number(row.day_no), row.body

    def update(self, key: int, day: date, body: bytes) -> None:
        """Replace the body of a person's receipt of a day."""
        is_row = sa.and_(receipts.c.person_id == -key, receipts.c.day_no == day_number(day))
        with self._database.begin() as connection:
            connection.execute(sa.update(receipts).where(is_row).values(body=body))

    def delete_before(self, day: date) -> int:
        """Delete the receipts of all days before one; return their number."""
        with self._database.begin() as connection:
            return connection.execute(sa.delete(receipts).where(receipts.c.day_no < day_number(day))).rowcount
