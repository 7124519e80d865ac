"""Who reacted in the window of one of two days and not in that of the other: new people, and people who left."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace

from renown.engines.base import Engine, Row

MAX_REACTORS = 100
"""Maximum new people, and people who left, that are listed: those with the most acts."""


@dataclass(frozen=True)
class Reactor:
    """An account that reacted."""

    account: int
    """Key of the account."""
    name: str
    """``network:handle``, or its id if it has no handle."""
    acts: int
    """Number of acts in the window."""


@dataclass(frozen=True, kw_only=True)
class PeopleChange:
    """
    Change of the people who reacted in the window between two days.

    People are counted as in a receipt, distinct per account: `new` minus `lost` is the difference of both days.
    """

    new: int = 0
    """People who reacted in the window of the last day, but not in that of the first."""
    lost: int = 0
    """People who reacted in the window of the first day, but not in that of the last."""
    new_people: tuple[Reactor, ...] = ()
    """The `MAX_REACTORS` with the most acts; only those who may be named."""
    lost_people: tuple[Reactor, ...] = ()
    """The same of those who left."""

    def reactors(self) -> tuple[Reactor, ...]:
        """Return everybody who is listed."""
        return self.new_people + self.lost_people

    def anonymize(self, keys: AbstractSet[int]) -> "PeopleChange":
        """Return a copy without these accounts; the counts stay."""
        return self._select(lambda reactor: reactor.account not in keys)

    def rename(self, names: Mapping[int, str]) -> "PeopleChange":
        """Return a copy with the names of accounts, by their key."""
        new, lost = (
            tuple(replace(reactor, name=names.get(reactor.account, "")) for reactor in reactors)
            for reactors in (self.new_people, self.lost_people)
        )
        return replace(self, new_people=new, lost_people=lost)

    def redact_names(self, allowed_names: AbstractSet[str]) -> "PeopleChange":
        """Return a copy that lists only the allowed names; the counts stay."""
        return self._select(lambda reactor: reactor.name in allowed_names)

    def _select(self, is_shown: Callable[[Reactor], bool]) -> "PeopleChange":
        return replace(
            self,
            new_people=tuple(filter(is_shown, self.new_people)),
            lost_people=tuple(filter(is_shown, self.lost_people)),
        )


PeopleRows = Mapping[Row, Sequence[Row]]
"""(score key, 1 for the new and 0 for the lost) to network, account, acts and number of people, most acts first."""


def load_people_rows(engine: Engine, last_actors: str) -> PeopleRows:
    """
    Load who reacted in one window only, from an engine in which a change was replayed.

    Parameters
    ----------
    engine : Engine
        Has the tables ``actors_at_<cause>`` of the replay.
    last_actors : str
        The one of the last state.
    """
    first_sql, last_sql = (
        f"(select person, account, name, sum(acts) as acts from {table} where name >= 0 group by 1, 2, 3)"
        for table in ("actors_at_first", last_actors)
    )
    join_sql = "f.person = l.person and f.account = l.account and f.name = l.name"
    return engine.query_by_key(
        f"""
        select person, is_new, network, actor, acts, people
        from (
          select c.person, c.is_new, a.network, c.actor, c.acts,
            count(*) over (partition by c.person, c.is_new) as people,
            row_number() over (partition by c.person, c.is_new order by c.acts desc, c.actor) as place
          from (
            select coalesce(l.person, f.person) as person, coalesce(l.account, f.account) as account,
              case when f.person is null then 1 else 0 end as is_new,
              coalesce(l.name, f.name) as actor, cast(coalesce(l.acts, f.acts) as bigint) as acts
            from {last_sql} l full join {first_sql} f on {join_sql}
            where l.person is null or f.person is null
          ) c
          join accounts_later a on a.account = c.account
        ) ordered
        where place <= {MAX_REACTORS}
        order by person, is_new, place""",
        width=2,
    )


def list_reactors(rows: PeopleRows) -> Iterable[tuple[str, int]]:
    """Return the (network, account) of everybody whose name is needed."""
    return [(network, account) for reactors in rows.values() for network, account, _, _ in reactors]


def build_people_change(rows: PeopleRows, person: int, account_names: Mapping[int, str]) -> PeopleChange:
    """Build the change of one person from the rows of all."""
    new, lost = rows.get((person, 1), ()), rows.get((person, 0), ())

    def name_reactors(reactors: Sequence[Row]) -> tuple[Reactor, ...]:
        return tuple(Reactor(account, account_names.get(account, ""), acts) for _, account, acts, _ in reactors)

    return PeopleChange(
        new=new[0][3] if new else 0,
        lost=lost[0][3] if lost else 0,
        new_people=name_reactors(new),
        lost_people=name_reactors(lost),
    )
