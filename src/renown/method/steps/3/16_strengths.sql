-- Strength of an account in follower-equivalents; accounts that do not exist any more have none.
-- reads: values, signals, reactions, members, accounts, absent, observed, scales, constants
-- column: account bigint account
-- column: network string network
-- column: person bigint owner; the account itself if nobody claimed it
-- column: strength bigint billionths of a follower-equivalent
-- column: parts bigint sum of the parts of its values, in 1e-12
-- column: weights bigint sum of the weights of the observable values, in millionths
-- column: people bigint number of distinct people who reacted in the window
-- column: days bigint number of days in the window on which its network was observed
-- column: self_reported smallint 1 if any of it comes from figures that the account's owner provided, otherwise 0
-- column: audience bigint millionths of a follower; null if the followers are unknown
select account, network, person,
  cast(floor(1e9 * least(strength_limit, coalesce(
    exp(cast(parts as double) / 1e6 / cast(nullif(weights, 0) as double)) - 1e0, 0e0
  )) + 5e-1) as bigint) as strength,
  parts, weights, people, days, self_reported, audience
from (
  select v.account, v.network, coalesce(m.person, v.account) as person, v.parts,
    coalesce(r.actors, 0) as people, v.weights,
    coalesce(o.days, 0) as days, coalesce(f.self_reported, cast(0 as smallint)) as self_reported,
    f.audience, c.strength_limit
  from (
    select account, max(network) as network, cast(sum(part) as bigint) as parts,
      cast(sum(weight) as bigint) as weights
    from values group by account
    union all
    select m.account, a.network, cast(0 as bigint), cast(0 as bigint)
    from members m
    join accounts a on a.account = m.account
    where not exists (select 1 from values e where e.account = m.account)
  ) v
  left join (
    select g.account, cast(max(case when g.self_reported > 0 then 1 else 0 end) as smallint) as self_reported,
      max(case when r.reads = 'followers' then g.received end) as audience
    from signals g
    join (select distinct signal, reads from scales) r on r.signal = g.signal
    where g.self_reported > 0 or r.reads = 'followers'
    group by g.account
  ) f on f.account = v.account
  left join reactions r on r.account = v.account
  left join members m on m.account = v.account
  left join observed o on o.network = v.network
  left join absent g on g.account = v.account
  cross join constants c
  where g.account is null
) observed_accounts
