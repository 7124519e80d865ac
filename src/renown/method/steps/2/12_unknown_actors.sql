-- What an account received in one signal from unknown actors. Of counts that the account's owner provided, only self_reported_share of what known actors gave counts in full, the rest with its logarithm.
-- reads: unknown_acts, reactions, constants
-- column: account bigint account that received
-- column: signal smallint number of the signal
-- column: received bigint millionths of a fully trusted person; at most 1e18
-- column: people bigint number of acts of unknown actors; at most 1e18
-- column: self_reported bigint millionths of a fully trusted person, the part of `received` from counts that the owner provided
-- column: self_reported_people bigint number of acts, the part of `people` from counts that the owner provided
-- column: stated bigint millionths of a fully trusted person that the owner's counts would give in full
select account, signal, received + self_reported as received, people, self_reported, self_reported_people, stated
from (
  select t.account, t.signal, t.received, t.people, t.self_reported_people, t.stated,
    least(t.stated, cast(floor(least(cast(t.stated as double), known) + 1e6 * self_reported_unit * ln(
      1e0 + greatest(0e0, cast(t.stated as double) - known) / (1e6 * self_reported_unit)
    ) + 5e-1) as bigint)) as self_reported
  from (
    select s.account, s.signal, s.received, s.people, s.self_reported_people, s.stated, c.self_reported_unit,
      floor(c.self_reported_share * cast(coalesce(r.received, 0) as double)) as known
    from (
      select account, signal,
        cast(least(sum(case when self_reported = 0 then received else 0 end), 1000000000000000000) as bigint) as received,
        cast(least(sum(case when self_reported = 1 then received else 0 end), 1000000000000000000) as bigint) as stated,
        cast(least(sum(people), 1000000000000000000) as bigint) as people,
        cast(least(sum(case when self_reported = 1 then people else 0 end), 1000000000000000000) as bigint)
          as self_reported_people
      from (
        select account, signal, self_reported, cast(received as decimal(20, 0)) as received,
          cast(people as decimal(20, 0)) as people
        from unknown_acts
      ) wide
      group by account, signal
    ) s
    left join reactions r on r.account = s.account and r.signal = s.signal
    cross join constants c
  ) t
) capped
