-- Checksums of everything that counted, independent of row order: the same data gives the same sums.
-- reads: actors, reactions, latest_profiles, latest_tallies, members, absent, standings, observed
-- column: what string name of the table
-- column: n bigint number of rows
-- column: total bigint sum of a hash of each row, computed from its columns modulo primes below 2^31
select 'actors' as what, cast(count(*) as bigint) as n, cast(coalesce(sum(
  (actor % 2147483647) * ((targets * 31 + weight * 1299709 + signal) % 1073741789) % 2147483647
), 0) as bigint) as total
from actors
union all
select 'reactions', cast(count(*) as bigint), cast(coalesce(sum(
  (account % 2147483647) * (((received % 1073741789) * 31 + (people % 1073741789) * 1299709 + signal) % 1073741789) % 2147483647
), 0) as bigint)
from reactions
union all
select 'profiles', cast(count(*) as bigint), cast(coalesce(sum(
  (account % 2147483647) * ((coalesce(followers, -1) % 1073741789 * 31 + coalesce(lists, -1) % 1073741789 * 1299709 + 2147483587 + self_reported) % 1073741789) % 2147483647
), 0) as bigint)
from latest_profiles
union all
select 'tallies', cast(count(*) as bigint), cast(coalesce(sum(
  (account % 2147483647) * ((count % 1073741789 * 31 + decay * verb + self_reported) % 1073741789) % 2147483647
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
select 'standings', cast(count(*) as bigint), cast(coalesce(sum(
  (account % 2147483647) * (strength % 1073741789) % 2147483647
), 0) as bigint)
from standings
union all
select 'observed', cast(count(*) as bigint), cast(coalesce(sum(weights * 101 + days), 0) as bigint)
from observed
