"""Stores of sessions, verified claims and privacy requests, on both databases."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from conftest import NOW, new_home
from renown.errors import InvalidInputError
from renown.home import open_home
from renown.store import ERASE, OPT_OUT
from renown.store.schema import privacy_requests, session_accounts, sessions
from renown.store.sessions import ANONYMOUS_LIFETIME, IDLE_TIMEOUT, MAX_LIFETIME, MAX_VERIFICATIONS, TOKEN_LIFETIME

MINUTE = timedelta(minutes=1)
ADA = ("bluesky", "did:plc:ada")


@pytest.fixture
def home(store, tmp_path):
    """Return an empty home on each database."""
    return open_home(new_home(tmp_path / "home"), {} if isinstance(store, Path) else {"RENOWN_STORE": store})


def count(home, table):
    """Return the number of rows of a table."""
    with home.sessions._database.connect() as connection:
        return connection.scalar(sa.select(sa.func.count()).select_from(table))


def create_session(home, *, account=ADA, at=NOW):
    """Create a session that verifies an account; return its secret, the session and the token."""
    secret, session = home.sessions.create(at=at)
    token = home.sessions.request_verification(session, *account, "ada", at=at).token
    return secret, home.sessions.find(secret, at=at), token


def test_session_secret_is_stored_only_as_a_hash(home):
    """Neither the secret nor a token is in the representation of a record."""
    secret, session, token = create_session(home)

    with home.sessions._database.connect() as connection:
        assert secret not in repr(connection.execute(sa.select(sessions)).all())
    assert secret not in repr(session)
    assert token not in repr(session)
    assert home.sessions.find(secret[:-1], at=NOW) is None
    assert home.sessions.find("", at=NOW) is home.sessions.find("\udc80", at=NOW) is None


def test_token_belongs_to_one_session(home):
    """Two visitors who claim the same account get different tokens; a second request in a session gets the same one."""
    (_, session, first), (_, _, second) = create_session(home), create_session(home)

    assert first != second
    assert first == home.sessions.request_verification(session, *ADA, "ada", at=NOW).token


def test_token_expires(home):
    """After its lifetime it verifies nothing, and the account gets another one."""
    home.people.add("ada", [ADA], at=NOW)
    secret, session, first = create_session(home)
    secret = home.sessions.sign_in(session, home.people.by_name("ada").key, at=NOW)

    later = home.sessions.find(secret, at=NOW + TOKEN_LIFETIME + MINUTE)

    with pytest.raises(InvalidInputError, match="enter the account again"):
        later.find_verification(*ADA)
    assert first != home.sessions.request_verification(later, *ADA, "ada", at=NOW + TOKEN_LIFETIME + MINUTE).token


def test_session_verifies_a_limited_number_of_accounts(home):
    """Nobody can fill the store with pending verifications."""
    secret, session = home.sessions.create(at=NOW)
    for n in range(MAX_VERIFICATIONS):
        home.sessions.request_verification(home.sessions.find(secret, at=NOW), "toy", str(n), "ada", at=NOW)

    with pytest.raises(InvalidInputError, match=f"{MAX_VERIFICATIONS} accounts"):
        home.sessions.request_verification(home.sessions.find(secret, at=NOW), *ADA, "ada", at=NOW)
    assert session.accounts == ()


@pytest.mark.parametrize("operation", ["sign in", "rotate"])
def test_new_secret_invalidates_the_old_one(home, operation):
    """A planted cookie is useless (session fixation); pending verifications continue under the new secret."""
    home.people.add("ada", [ADA], at=NOW)
    secret, session, token = create_session(home)
    key = home.people.by_name("ada").key

    new = (
        home.sessions.sign_in(session, key, at=NOW)
        if operation == "sign in"
        else home.sessions.rotate_secret(session, at=NOW)
    )

    assert home.sessions.find(secret, at=NOW) is None
    current = home.sessions.find(new, at=NOW)
    assert token == current.find_verification(*ADA).token
    assert current.key == (key if operation == "sign in" else None)
    assert 1 == count(home, sessions)


@pytest.mark.parametrize(
    ("signed_in", "used", "after", "valid"),
    [
        (False, False, ANONYMOUS_LIFETIME - MINUTE, True),
        (False, True, ANONYMOUS_LIFETIME + MINUTE, False),
        (True, False, IDLE_TIMEOUT - MINUTE, True),
        (True, False, IDLE_TIMEOUT + MINUTE, False),
        (True, True, IDLE_TIMEOUT + MINUTE, True),
        (True, True, MAX_LIFETIME + MINUTE, False),
    ],
)
def test_sessions_expire(home, signed_in, used, after, valid):
    """An anonymous session expires after a day, an unused one after a week, any after a month; then it is deleted."""
    home.people.add("ada", [ADA], at=NOW)
    secret, session, _ = create_session(home)
    if signed_in:
        secret = home.sessions.sign_in(session, home.people.by_name("ada").key, at=NOW)
    for day in range(after.days if used else 0):
        home.sessions.find(secret, at=NOW + timedelta(days=day))

    assert valid == (home.sessions.find(secret, at=NOW + after) is not None)
    assert home.sessions.delete_expired(at=NOW + after) == (not valid)
    assert count(home, session_accounts) == valid


def test_sign_out_ends_one_session_or_all(home):
    """Signing out everywhere ends all sessions of a person."""
    key = home.people.add("ada", [ADA], at=NOW).key
    secrets = [home.sessions.sign_in(create_session(home)[1], key, at=NOW) for _ in range(3)]
    assert 3 == len(home.sessions.list_times(key))

    home.sessions.sign_out(home.sessions.find(secrets[0], at=NOW))

    assert [False, True, True] == [home.sessions.find(secret, at=NOW) is not None for secret in secrets]
    assert 2 == home.sessions.sign_out_everywhere(key)
    assert 0 == count(home, sessions)


def test_erasure_ends_the_persons_sessions(home):
    """It also deletes other sessions' verifications of their accounts."""
    key = home.people.add("ada", [ADA], at=NOW).key
    mine = home.sessions.sign_in(create_session(home)[1], key, at=NOW)
    others, _, _ = create_session(home)

    home.people.erase(key)

    assert home.sessions.find(mine, at=NOW) is None
    assert () == home.sessions.find(others, at=NOW).accounts
    assert 0 == count(home, session_accounts)


def test_verifying_an_unclaimed_account_creates_a_person(home):
    """It belongs to nobody until a name is chosen; then the person's claim is verified."""
    assert home.claims.confirm_owner(*ADA, "token", at=NOW) is None

    ada = home.claims.create_person(" Ada ", *ADA, "token", at=NOW)

    assert ("Ada", "token", NOW) == (ada.name, ada.claims[0].proof, ada.claims[0].proved_at)
    assert ada.key == home.claims.confirm_owner(*ADA, "token", at=NOW).key


def test_first_proof_confirms_the_owner_of_unverified_claims(home):
    """Accounts that the operator claimed for the same person stay unverified, and can be lost to their owners."""
    key = home.people.add("ada", [ADA, ("x", "7")], at=NOW).key

    assert key == home.claims.confirm_owner(*ADA, "token", at=NOW).key
    assert home.claims.confirm_owner("x", "7", "token", at=NOW) is None
    assert [True, False] == [claim.is_verified for claim in home.people.by_key(key).claims]

    eve = home.claims.create_person("eve", "x", "7", "token", at=NOW)
    assert (("x", "7"),) == eve.accounts
    assert (ADA,) == home.people.by_key(key).accounts


def test_concurrent_first_proofs_confirm_one_owner(home):
    """Otherwise the owners of two accounts that were claimed together would share one person."""
    for n in range(5):
        pair = [("x", f"{n}a"), ("x", f"{n}b")]
        home.people.add(f"ada {n}", pair, at=NOW)
        with ThreadPoolExecutor(2) as both:
            owners = list(both.map(lambda account: home.claims.confirm_owner(*account, "token", at=NOW), pair))

        assert 1 == sum(owner is not None for owner in owners)


@pytest.mark.parametrize("weak_proof", ["", "archive"])
def test_verified_claim_replaces_an_unverified_one(home, weak_proof):
    """The signed-in person who verifies the account gets it."""
    home.people.add("eve", [ADA], at=NOW)
    if weak_proof:
        home.people.record_proof(*ADA, weak_proof, at=NOW)
    ada = home.claims.create_person("ada", "x", "1", "token", at=NOW)

    home.claims.assign_account(ada.key, *ADA, "token", at=NOW)

    assert {ADA, ("x", "1")} == set(home.people.by_name("ada").accounts)
    assert () == home.people.by_name("eve").accounts


def test_verified_account_stays_with_its_person(home):
    """Verifying it again moves it to nobody else."""
    home.claims.create_person("eve", *ADA, "token", at=NOW)
    ada = home.claims.create_person("ada", "x", "1", "token", at=NOW)

    with pytest.raises(InvalidInputError, match="somebody else's"):
        home.claims.assign_account(ada.key, *ADA, "token", at=NOW)
    with pytest.raises(InvalidInputError, match="somebody else's"):
        home.claims.create_person("third", *ADA, "token", at=NOW)
    assert home.people.by_name("third") is None
    assert (ADA,) == home.people.by_name("eve").accounts


def test_taken_and_invalid_names_are_refused(home):
    """A taken name is refused in any case of letters, and so is one that cannot be part of a page's URL."""
    home.people.add("Ada", [("x", "1")], at=NOW)

    for name in ("Ada", "ADA", "ada ", "", " ", "a:b", "a\nb", "\u202eada", "..", ".", "a" * 101):
        with pytest.raises(InvalidInputError, match="name"):
            home.claims.create_person(name, *ADA, "token", at=NOW)
        assert home.people.by_account(*ADA) is None, name


def test_opted_out_account_cannot_be_claimed(home):
    """No person is created with it, and none gets it, until its owner opts back in."""
    ada = home.claims.create_person("ada", "x", "1", "token", at=NOW)
    home.people.opt_outs.add(*ADA)

    with pytest.raises(InvalidInputError, match="opt back in"):
        home.claims.create_person("eve", *ADA, "token", at=NOW)
    with pytest.raises(InvalidInputError, match="opt back in"):
        home.claims.assign_account(ada.key, *ADA, "token", at=NOW)
    home.people.opt_outs.remove(*ADA)
    home.claims.assign_account(ada.key, *ADA, "token", at=NOW)


def test_privacy_request_is_open_until_it_is_done(home):
    """Once it is done or the person is erased, it no longer says whose it was."""
    key = home.people.add("ada", [ADA], at=NOW).key
    tickets = [
        home.privacy_requests.add(ERASE, key=key, at=NOW),
        home.privacy_requests.add(OPT_OUT, account=ADA, at=NOW),
    ]
    assert {(key, None), (None, ADA)} == {
        (request.key, request.account) for request in home.privacy_requests.list_open()
    }
    home.privacy_requests.mark_started(home.privacy_requests.find(tickets[0]), at=NOW)
    assert [NOW, None] == [home.privacy_requests.find(ticket).tried_at for ticket in tickets]
    assert [False, False] == [home.privacy_requests.find(ticket).is_finished for ticket in tickets]

    home.people.erase(key, {ADA: None})

    assert [True, True] == [home.privacy_requests.find(ticket).is_finished for ticket in tickets]
    for request in home.privacy_requests.list_open():
        home.privacy_requests.mark_done(request, at=NOW)
    assert [] == home.privacy_requests.list_open()
    assert {NOW} == {home.privacy_requests.find(ticket).done_at for ticket in tickets}
    assert home.privacy_requests.find("another") is None
    home.privacy_requests.add(ERASE, account=("x", "1"), at=NOW + timedelta(days=31))
    assert 1 == count(home, privacy_requests)


def test_privacy_request_can_be_withdrawn(home):
    """Opting back in withdraws a pending opt-out, but no erasure."""
    key = home.people.add("ada", [ADA], at=NOW).key
    home.privacy_requests.add(OPT_OUT, key=key, at=NOW)
    home.privacy_requests.add(ERASE, key=key, at=NOW)

    assert 1 == home.privacy_requests.withdraw(key, OPT_OUT)
    assert [ERASE] == [request.kind for request in home.privacy_requests.list_open_of(key)]


def test_erasure_resets_postgresql_statistics(home):
    """PostgreSQL keeps sample values of a table even after all of its rows were deleted."""
    if not home.settings.store.url:
        pytest.skip("SQLite has no statistics of values")
    people = [home.people.add(f"Secret {n}", [("x", f"secret{n // 2}{n}")], at=NOW) for n in range(6)]
    for person in people:
        for _ in range(2):
            home.sessions.request_verification(
                home.sessions.create(at=NOW)[1], *person.accounts[0], "secrethandle", at=NOW
            )

    def read_statistics():
        with home.sessions._database.connect() as connection:
            return repr(connection.execute(sa.text("select * from pg_stats where schemaname = 'public'")).all())

    home.people.purge()
    assert "secrethandle" in read_statistics()
    assert "Secret 1" in read_statistics()

    for person in people:
        home.people.erase(person.key)

    assert "secret" not in read_statistics().lower()
