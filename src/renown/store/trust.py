"""Store of an operator's decisions on trust: people from whom no credit starts, and requests to review discounts."""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from renown.errors import InvalidInputError
from renown.store.database import purge_deleted_rows
from renown.store.schema import review_requests, seed_removals

MAX_REASON_LENGTH, MAX_MESSAGE_LENGTH = 300, 1000
"""Maximum characters of a reason, and of a request for a review or its answer."""


@dataclass(frozen=True, kw_only=True)
class SeedRemoval:
    """A verified person from whom no credit starts, as an operator decided."""

    key: int
    """Score key of the person."""
    reason: str
    removed_at: datetime


@dataclass(frozen=True, kw_only=True)
class ReviewRequest:
    """A person's request to review what was discounted from their score."""

    review_id: int
    key: int
    """Score key of the person."""
    message: str
    requested_at: datetime
    answer: str
    """Empty as long as it is open."""
    answered_at: datetime | None


class TrustStore:
    """Removed seeds, and requests for reviews."""

    def __init__(self, database: sa.Engine) -> None:
        self._database = database

    def remove_seed(self, key: int, *, reason: str, at: datetime) -> None:
        """
        Remove a person as a start of credit, from the next run on; a second call replaces the reason.

        Raises
        ------
        InvalidInputError
            If there is no reason, or it is too long.
        """
        reason = _check_text(reason, "the reason", MAX_REASON_LENGTH)
        with self._database.begin() as connection:
            connection.execute(sa.delete(seed_removals).where(seed_removals.c.person_id == -key))
            connection.execute(sa.insert(seed_removals).values(person_id=-key, reason=reason, removed_at=at))

    def restore_seed(self, key: int) -> bool:
        """Restore a person as a start of credit, from the next run on; return False if they were not removed."""
        with self._database.begin() as connection:
            result = connection.execute(sa.delete(seed_removals).where(seed_removals.c.person_id == -key))
        purge_deleted_rows(self._database, seed_removals)
        return result.rowcount > 0

    def removed_seeds(self) -> dict[int, SeedRemoval]:
        """Return the removed seeds by score key."""
        select = sa.select(seed_removals).order_by(seed_removals.c.person_id)
        with self._database.connect() as connection:
            rows = connection.execute(select).all()
        return {
            -row.person_id: SeedRemoval(key=-row.person_id, reason=row.reason, removed_at=row.removed_at)
            for row in rows
        }

    def request_review(self, key: int, message: str, *, at: datetime) -> None:
        """
        Store a person's request for a review; an open one is replaced.

        Raises
        ------
        InvalidInputError
            If there is no message, or it is too long.
        """
        message = _check_text(message, "what should be reviewed", MAX_MESSAGE_LENGTH)
        row = {"person_id": -key, "message": message, "requested_at": at, "answer": ""}
        is_open = sa.and_(review_requests.c.person_id == -key, review_requests.c.answered_at.is_(None))
        with self._database.begin() as connection:
            connection.execute(sa.delete(review_requests).where(is_open))
            connection.execute(sa.insert(review_requests).values(**row))

    def answer_review(self, review_id: int, answer: str, *, at: datetime) -> None:
        """
        Answer a request for a review, which closes it.

        Raises
        ------
        InvalidInputError
            If no open request has this number, there is no answer, or it is too long.
        """
        answer = _check_text(answer, "the answer", MAX_MESSAGE_LENGTH)
        is_open = sa.and_(review_requests.c.review_id == review_id, review_requests.c.answered_at.is_(None))
        with self._database.begin() as connection:
            values = {"answer": answer, "answered_at": at}
            result = connection.execute(sa.update(review_requests).where(is_open).values(**values))
        if result.rowcount == 0:
            raise InvalidInputError(
                f"no open request for a review has the number {review_id}; `renown trust reviews` lists them"
            )

    def list_reviews(self, *, key: int | None = None) -> list[ReviewRequest]:
        """Return all requests for reviews, or those of one person, oldest first."""
        select = sa.select(review_requests).order_by(review_requests.c.review_id)
        if key is not None:
            select = select.where(review_requests.c.person_id == -key)
        with self._database.connect() as connection:
            rows = connection.execute(select).all()
        return [
            ReviewRequest(
                review_id=row.review_id,
                key=-row.person_id,
                message=row.message,
                requested_at=row.requested_at,
                answer=row.answer,
                answered_at=row.answered_at,
            )
            for row in rows
        ]


def _check_text(text: str, name: str, limit: int) -> str:
    text = text.strip()
    if not text or len(text) > limit or "\0" in text:
        raise InvalidInputError(f"{name} has {len(text)} characters; write 1 to {limit}")
    return text
