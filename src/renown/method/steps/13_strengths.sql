-- How many people one account moves on its network.
-- reads: values, members, accounts, observed, reached, constants
-- column: account bigint account
-- column: network string network
-- column: person bigint who owns it; the account itself where nobody claimed it
-- column: strength bigint billionths of a follower-equivalent
-- column: parts bigint sum of the values' parts, in 1e-12
-- column: weights bigint millionths; sum of the weights of what could be observed
-- column: people bigint distinct people reached
-- column: days bigint days of the window on which its network was seen
select m.account, m.network, m.person,
  cast(floor(1e9 * least(c.strength_limit,
    coalesce(exp(cast(v.parts as double) / 1e6 / cast(nullif(coalesce(o.weights, 0) + coalesce(v.own_weights, 0), 0) as double)), 1e0) - 1e0
  ) + 5e-1) as bigint) as strength,
  coalesce(v.parts, 0) as parts,
  coalesce(o.weights, 0) + coalesce(v.own_weights, 0) as weights,
  coalesce(r.people, 0) as people,
  coalesce(o.days, 0) as days
from (
  select a.account, a.network, coalesce(p.person, a.account) as person
  from accounts a
  left join members p on p.account = a.account
  where p.account is not null or exists (select 1 from values e where e.account = a.account)
) m
left join (
  select account, cast(sum(part) as bigint) as parts,
    cast(sum(case when own then weight else 0 end) as bigint) as own_weights
  from values group by account
) v on v.account = m.account
left join observed o on o.network = m.network
left join reached r on r.account = m.account
cross join constants c
