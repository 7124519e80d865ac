-- Checksums of everything that counted, independent of row order: the same data gives the same sums.
-- reads: balances, reactors, latest_profiles, latest_tallies, members, absent, observed
-- column: what string name of the table
-- column: n bigint number of rows
-- column: total bigint sum of a hash of each row, computed from its columns modulo primes below 2^31
select 'balances' as what, cast(count(*) as bigint) as n, cast(coalesce(sum(
  (account % 2147483647) * (((balance % 1073741789) * 31 + (acts % 1073741789) * 1299709 + signal * 7 + known) % 1073741789) % 2147483647
), 0) as bigint) as total
from balances
union all
select 'reactors', cast(count(*) as bigint), cast(coalesce(sum((account % 2147483647) * (people % 1073741789) % 2147483647), 0) as bigint)
from reactors
union all
select 'profiles', cast(count(*) as bigint), cast(coalesce(sum(
  (account % 2147483647) * ((coalesce(followers, -1) % 1073741789 * 31 + coalesce(lists, -1) % 1073741789 * 1299709 + 2147483587 + self_reported) % 1073741789) % 2147483647
), 0) as bigint)
from latest_profiles
union all
select 'tallies', cast(count(*) as bigint), cast(coalesce(sum(
  (account % 2147483647) * ((count % 1073741789 * 31 + decay * verb + self_reported + 2 * observed) % 1073741789) % 2147483647
), 0) as bigint)
from latest_tallies
union all
select 'members', cast(count(*) as bigint), cast(coalesce(sum(
  (account % 2147483647) * ((1073741789 - person) % 1073741789) % 2147483647
), 0) as bigint)
from members
union all
select 'absent', cast(count(*) as bigint), cast(coalesce(sum(account % 2147483647), 0) as bigint)
from absent
union all
select 'observed', cast(count(*) as bigint), cast(coalesce(sum(weights * 101 + days), 0) as bigint)
from observed
