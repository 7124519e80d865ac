-- Score of a person on the day.
-- reads: strengths, constants
-- column: person bigint claimed person if negative, otherwise an account
-- column: score double 1 to 100
-- column: strength bigint billionths of a follower-equivalent, summed over accounts
-- column: accounts bigint number of scored accounts
-- column: networks bigint number of distinct networks
-- column: people bigint number of people who reacted, summed over accounts
-- column: days bigint number of observed days, of the network with most of them
select person,
  least(1e2, 1e0 + 99e0 * log10(1e0 + cast(strength as double) / 1e9) / score_decades) as score,
  strength, accounts, networks, people, days
from (
  select person, strength, cast(1 as bigint) as accounts, cast(1 as bigint) as networks, people, days
  from strengths
  where person = account
  union all
  select person, cast(sum(strength) as bigint), cast(count(*) as bigint), cast(count(distinct network) as bigint),
    cast(sum(people) as bigint), cast(max(days) as bigint)
  from strengths
  where person <> account
  group by person
) summed
cross join constants
