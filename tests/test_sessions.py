"""Sessions, whose an account is once it is proven, and wishes; on both databases."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from conftest import NOW
from renown import assembly
from renown.errors import BadInput
from renown.store import ERASE, OPT_OUT
from renown.store.schema import session_accounts, sessions, wishes
from renown.store.sessions import IDLE, LONGEST, MOST, STRANGERS, TOKEN

MINUTE = timedelta(minutes=1)
ADA = ("bluesky", "did:plc:ada")


@pytest.fixture
def home(store, tmp_path):
    """Return a home on each database."""
    assembly.make_home(tmp_path / "home")
    return assembly.open_home(tmp_path / "home", {} if isinstance(store, Path) else {"RENOWN_STORE": store})


def count(home, table):
    """Return how many rows a table has."""
    with home.sessions._database.connect() as connection:
        return connection.scalar(sa.select(sa.func.count()).select_from(table))


def begun(home, *, account=ADA, at=NOW):
    """Begin a session that proves an account; return its secret, the session and the token."""
    secret, session = home.sessions.begin(at=at)
    token = home.sessions.ask(session, *account, "ada", at=at).token
    return secret, home.sessions.find(secret, at=at), token


def test_a_secret_is_kept_nowhere(home):
    """Only its digest is, and neither it nor a token stands in a record's text."""
    secret, session, token = begun(home)

    with home.sessions._database.connect() as connection:
        assert secret not in repr(connection.execute(sa.select(sessions)).all())
    assert secret not in repr(session)
    assert token not in repr(session)
    assert home.sessions.find(secret[:-1], at=NOW) is None
    assert home.sessions.find("", at=NOW) is home.sessions.find("\udc80", at=NOW) is None


def test_two_visitors_who_say_that_they_are_ada_have_two_tokens(home):
    """Each session's own; asked for twice in one, it is the same as long as it is looked for."""
    (_, one, first), (_, _, second) = begun(home), begun(home)

    assert first != second
    assert first == home.sessions.ask(one, *ADA, "ada", at=NOW).token


def test_a_token_is_looked_for_for_a_day(home):
    """Then it is as if it was never given, and the account gets another one."""
    home.people.add("ada", [ADA], at=NOW)
    secret, session, first = begun(home)
    secret = home.sessions.sign_in(session, home.people.by_name("ada").key, at=NOW)

    later = home.sessions.find(secret, at=NOW + TOKEN + MINUTE)

    with pytest.raises(BadInput, match="say again which account"):
        later.proving(*ADA)
    assert first != home.sessions.ask(later, *ADA, "ada", at=NOW + TOKEN + MINUTE).token


def test_a_session_proves_few_accounts_at_once(home):
    """A visitor has no more, and nobody fills the store."""
    secret, session = home.sessions.begin(at=NOW)
    for n in range(MOST):
        home.sessions.ask(home.sessions.find(secret, at=NOW), "toy", str(n), "ada", at=NOW)

    with pytest.raises(BadInput, match=f"{MOST} accounts"):
        home.sessions.ask(home.sessions.find(secret, at=NOW), *ADA, "ada", at=NOW)
    assert session.accounts == ()


@pytest.mark.parametrize("what", ["sign in", "renew"])
def test_a_new_secret_leaves_who_knew_the_old_one_with_nothing(home, what):
    """A planted cookie is of no use; what was being proven goes on under the new one."""
    home.people.add("ada", [ADA], at=NOW)
    secret, session, token = begun(home)
    key = home.people.by_name("ada").key

    new = home.sessions.sign_in(session, key, at=NOW) if what == "sign in" else home.sessions.renew(session, at=NOW)

    assert home.sessions.find(secret, at=NOW) is None
    found = home.sessions.find(new, at=NOW)
    assert token == found.proving(*ADA).token
    assert found.key == (key if what == "sign in" else None)
    assert 1 == count(home, sessions)


@pytest.mark.parametrize(
    ("signed_in", "used", "after", "there"),
    [
        (False, False, STRANGERS - MINUTE, True),
        (False, True, STRANGERS + MINUTE, False),
        (True, False, IDLE - MINUTE, True),
        (True, False, IDLE + MINUTE, False),
        (True, True, IDLE + MINUTE, True),
        (True, True, LONGEST + MINUTE, False),
    ],
)
def test_sessions_end(home, signed_in, used, after, there):
    """Where nobody is signed in after a day, unused after a week, always after a month; and they are swept."""
    home.people.add("ada", [ADA], at=NOW)
    secret, session, _ = begun(home)
    if signed_in:
        secret = home.sessions.sign_in(session, home.people.by_name("ada").key, at=NOW)
    for day in range(after.days if used else 0):
        home.sessions.find(secret, at=NOW + timedelta(days=day))

    assert there == (home.sessions.find(secret, at=NOW + after) is not None)
    assert home.sessions.sweep(at=NOW + after) == (not there)
    assert count(home, session_accounts) == there


def test_signing_out_ends_a_session(home):
    """One, or all of a person."""
    key = home.people.add("ada", [ADA], at=NOW).key
    secrets = [home.sessions.sign_in(begun(home)[1], key, at=NOW) for _ in range(3)]
    assert 3 == len(home.sessions.of(key))

    home.sessions.end(home.sessions.find(secrets[0], at=NOW))

    assert [False, True, True] == [home.sessions.find(secret, at=NOW) is not None for secret in secrets]
    assert 2 == home.sessions.end_all(key)
    assert 0 == count(home, sessions)


def test_sessions_of_who_is_forgotten_end(home):
    """So does what others' sessions hold of their accounts."""
    key = home.people.add("ada", [ADA], at=NOW).key
    mine = home.sessions.sign_in(begun(home)[1], key, at=NOW)
    others, _, _ = begun(home)

    home.people.forget(key)

    assert home.sessions.find(mine, at=NOW) is None
    assert () == home.sessions.find(others, at=NOW).accounts
    assert 0 == count(home, session_accounts)


def test_nobody_is_who_proves_an_account_that_nobody_claimed(home):
    """They choose a name, and are a person whose claim is proven."""
    assert home.settling.enter(*ADA, "token", at=NOW) is None

    ada = home.settling.found(" Ada ", *ADA, "token", at=NOW)

    assert ("Ada", "token", NOW) == (ada.name, ada.claims[0].proof, ada.claims[0].proved_at)
    assert ada.key == home.settling.enter(*ADA, "token", at=NOW).key


def test_the_first_proof_decides_who_somebody_is_of_whom_nothing_was_proven(home):
    """Whoever runs the home said it; the second account's owner is not them for being named beside."""
    key = home.people.add("ada", [ADA, ("x", "7")], at=NOW).key

    assert key == home.settling.enter(*ADA, "token", at=NOW).key
    assert home.settling.enter("x", "7", "token", at=NOW) is None
    assert [True, False] == [claim.proven for claim in home.people.by_key(key).claims]

    eve = home.settling.found("eve", "x", "7", "token", at=NOW)
    assert (("x", "7"),) == eve.accounts
    assert (ADA,) == home.people.by_key(key).accounts


def test_of_two_first_proofs_at_once_one_decides(home):
    """Else the owners of two accounts that somebody named together would both be one person."""
    for n in range(5):
        pair = [("x", f"{n}a"), ("x", f"{n}b")]
        home.people.add(f"ada {n}", pair, at=NOW)
        with ThreadPoolExecutor(2) as both:
            found = list(both.map(lambda account: home.settling.enter(*account, "token", at=NOW), pair))

        assert 1 == sum(one is not None for one in found)


@pytest.mark.parametrize("said", ["", "archive"])
def test_a_word_yields_to_a_proof(home, said):
    """Whoever is signed in and proves the account has it."""
    home.people.add("eve", [ADA], at=NOW)
    if said:
        home.people.prove(*ADA, said, at=NOW)
    ada = home.settling.found("ada", "x", "1", "token", at=NOW)

    home.settling.take(ada.key, *ADA, "token", at=NOW)

    assert {ADA, ("x", "1")} == set(home.people.by_name("ada").accounts)
    assert () == home.people.by_name("eve").accounts


def test_what_somebody_else_proved_is_theirs(home):
    """Nobody takes it by proving it again: the account belongs to one person."""
    home.settling.found("eve", *ADA, "token", at=NOW)
    ada = home.settling.found("ada", "x", "1", "token", at=NOW)

    with pytest.raises(BadInput, match="somebody else's"):
        home.settling.take(ada.key, *ADA, "token", at=NOW)
    with pytest.raises(BadInput, match="somebody else's"):
        home.settling.found("third", *ADA, "token", at=NOW)
    assert home.people.by_name("third") is None
    assert (ADA,) == home.people.by_name("eve").accounts


@pytest.mark.parametrize("name", ["Ada", "ADA", "ada ", "", " ", "a:b", "a\nb", "\u202eada", "..", ".", "a" * 101])
def test_names_that_nobody_can_take(home, name):
    """Somebody's, in any case of letters, and what could not be a page's."""
    home.people.add("Ada", [("x", "1")], at=NOW)

    with pytest.raises(BadInput, match="name"):
        home.settling.found(name, *ADA, "token", at=NOW)
    assert home.people.by_account(*ADA) is None


def test_an_account_that_is_left_alone_stays_so(home):
    """Nobody is made of it, and nobody gets it, until its owner says that they come back."""
    ada = home.settling.found("ada", "x", "1", "token", at=NOW)
    home.people.opt_outs.add(*ADA)

    with pytest.raises(BadInput, match="come back"):
        home.settling.found("eve", *ADA, "token", at=NOW)
    with pytest.raises(BadInput, match="come back"):
        home.settling.take(ada.key, *ADA, "token", at=NOW)
    home.people.opt_outs.remove(*ADA)
    home.settling.take(ada.key, *ADA, "token", at=NOW)


def test_a_wish_is_kept_until_it_is_done(home):
    """Whose it was is not kept then, nor once they are forgotten."""
    key = home.people.add("ada", [ADA], at=NOW).key
    tickets = [home.wishes.add(ERASE, key=key, at=NOW), home.wishes.add(OPT_OUT, account=ADA, at=NOW)]
    assert {(key, None), (None, ADA)} == {(wish.key, wish.account) for wish in home.wishes.open()}
    home.wishes.begin(home.wishes.find(tickets[0]), at=NOW)
    assert [NOW, None] == [home.wishes.find(ticket).tried_at for ticket in tickets]
    assert [False, False] == [home.wishes.find(ticket).over for ticket in tickets]

    home.people.forget(key, {ADA: None})

    assert [True, True] == [home.wishes.find(ticket).over for ticket in tickets]
    for wish in home.wishes.open():
        home.wishes.done(wish, at=NOW)
    assert [] == home.wishes.open()
    assert {NOW} == {home.wishes.find(ticket).done_at for ticket in tickets}
    assert home.wishes.find("another") is None
    home.wishes.add(ERASE, account=("x", "1"), at=NOW + timedelta(days=31))
    assert 1 == count(home, wishes)


def test_a_wish_can_be_taken_back(home):
    """Who comes back is not to be sent away by what they wished before."""
    key = home.people.add("ada", [ADA], at=NOW).key
    home.wishes.add(OPT_OUT, key=key, at=NOW)
    home.wishes.add(ERASE, key=key, at=NOW)

    assert 1 == home.wishes.take_back(key, OPT_OUT)
    assert [ERASE] == [wish.kind for wish in home.wishes.of(key)]


def test_statistics_know_nobody_who_is_gone(home):
    """PostgreSQL keeps the values of tables that were emptied; those of ours it does not."""
    if not home.settings.store:
        pytest.skip("SQLite keeps none")
    names = [home.people.add(f"Secret {n}", [("x", f"secret{n // 2}{n}")], at=NOW) for n in range(6)]
    for person in names:
        for _ in range(2):
            home.sessions.ask(home.sessions.begin(at=NOW)[1], *person.accounts[0], "secrethandle", at=NOW)

    def known():
        with home.sessions._database.connect() as connection:
            return repr(connection.execute(sa.text("select * from pg_stats where schemaname = 'public'")).all())

    home.people.clean()
    assert "secrethandle" in known()
    assert "Secret 1" in known()

    for person in names:
        home.people.forget(person.key)

    assert "secret" not in known().lower()
