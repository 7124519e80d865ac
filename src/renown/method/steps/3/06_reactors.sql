-- Number of people who reacted to an account: distinct actors in the window, over all signals.
-- reads: entries, ages, own_pairs, absent
-- column: account bigint account acted on
-- column: people bigint number of distinct actors
select account, cast(count(*) as bigint) as people
from (
  select distinct e.target as account, e.actor
  from entries e
  join ages a on a.day_no = e.day_no
  left join own_pairs o on o.target = e.target and o.actor = e.actor
  left join absent g on g.account = e.actor
  where o.actor is null and g.account is null
) pairs
group by account
