-- Everything that an account received by reactions, in reposts of a fully trusted person: known actors in full, strangers up to stranger_share of the known and beyond it with the logarithm.
-- reads: balances, unknown_actors, reactors, accounts, scales, constants
-- column: account bigint account
-- column: known bigint millionths of a repost of a fully trusted person, by known actors
-- column: strangers bigint millionths, by strangers and unknown actors, before the limit
-- column: counted bigint millionths, the part of `strangers` that counts
-- column: people bigint number of people who reacted: distinct actors in the window, plus acts of unknown actors
-- column: actors bigint number of distinct actors in the window
-- column: observed smallint 0 if acts are counted that could not be observed by name, so that there may be more; otherwise 1
select account, known, strangers,
  cast(floor(least(cast(strangers as double), full_share + 1e6 * stranger_unit * ln(
    1e0 + greatest(0e0, cast(strangers as double) - full_share) / (1e6 * stranger_unit)
  ))) as bigint) as counted,
  people, actors, observed
from (
  select s.account, s.known, s.strangers, c.stranger_unit, floor(c.stranger_share * cast(s.known as double)) as full_share,
    coalesce(r.people, 0) + s.unknown as people, coalesce(r.people, 0) as actors, s.observed
  from (
    select account,
      cast(sum(case when known = 1 then priced else 0 end) as bigint) as known,
      cast(sum(case when known = 0 then priced else 0 end) as bigint) as strangers,
      cast(sum(people) as bigint) as unknown, cast(min(observed) as smallint) as observed
    from (
      select b.account, b.known, b.observed, least(b.people, 100000000000000000) as people,
        cast(least(floor(cast(b.balance as double) * r.rate), 1e17) as bigint) as priced
      from (
        select account, signal, known, balance, cast(0 as bigint) as people, cast(1 as smallint) as observed from balances
        union all
        select account, signal, cast(0 as smallint), received, people, observed from unknown_actors
      ) b
      join accounts a on a.account = b.account
      join scales r on r.network = a.network and r.signal = b.signal
    ) priced
    group by account
  ) s
  left join reactors r on r.account = s.account
  cross join constants c
) shared
