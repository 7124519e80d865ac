-- A person's score of the day.
-- reads: strengths, constants
-- column: person bigint who is scored
-- column: score double 1 to 100
-- column: strength bigint billionths of a follower-equivalent, summed over accounts
-- column: accounts bigint accounts that were scored
-- column: networks bigint distinct networks
-- column: people bigint people reached, distinct on each account
-- column: days bigint days observed, on the network seen most
select person,
  least(1e2, 1e0 + 99e0 * log10(1e0 + cast(strength as double) / 1e9) / score_decades) as score,
  strength, accounts, networks, people, days
from (
  select s.person, c.score_decades,
    cast(sum(s.strength) as bigint) as strength,
    cast(count(*) as bigint) as accounts,
    cast(count(distinct s.network) as bigint) as networks,
    cast(sum(s.people) as bigint) as people,
    cast(max(s.days) as bigint) as days
  from strengths s
  cross join constants c
  group by s.person, c.score_decades
) summed
