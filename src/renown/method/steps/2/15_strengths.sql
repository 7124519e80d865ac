-- Strength of an account in follower-equivalents; accounts that do not exist any more have none.
-- reads: values, members, accounts, absent, observed, constants
-- column: account bigint account
-- column: network string network
-- column: person bigint owner; the account itself if nobody claimed it
-- column: strength bigint billionths of a follower-equivalent
-- column: parts bigint sum of the parts of its values, in 1e-12
-- column: weights bigint sum of the weights of the observable signals, in millionths
-- column: people bigint number of distinct people who reacted, in the signal with most of them
-- column: days bigint number of days in the window on which its network was observed
-- column: self_reported smallint 1 if any of it comes from figures that the account's owner provided, otherwise 0
select account, network, person,
  cast(floor(1e9 * least(strength_limit, coalesce(
    exp(cast(parts as double) / 1e6 / cast(nullif(weights, 0) as double)) - 1e0, 0e0
  )) + 5e-1) as bigint) as strength,
  parts, weights, people, days, self_reported
from (
  select v.account, v.network, coalesce(m.person, v.account) as person, v.parts, v.people,
    coalesce(o.weights, 0) + v.own_weights as weights, coalesce(o.days, 0) as days, v.self_reported, c.strength_limit
  from (
    select account, any_value(network) as network, cast(sum(part) as bigint) as parts,
      cast(sum(own_weight) as bigint) as own_weights, max(people) as people,
      cast(max(case when self_reported > 0 then 1 else 0 end) as smallint) as self_reported
    from values group by account
    union all
    select m.account, a.network, cast(0 as bigint), cast(0 as bigint), cast(0 as bigint), cast(0 as smallint)
    from members m
    join accounts a on a.account = m.account
    where not exists (select 1 from values e where e.account = m.account)
  ) v
  left join members m on m.account = v.account
  left join observed o on o.network = v.network
  left join absent g on g.account = v.account
  cross join constants c
  where g.account is null
) observed_accounts
