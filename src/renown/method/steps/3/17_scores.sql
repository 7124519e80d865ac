-- Score of a person on the day, rounded to a billionth, since logarithms differ in their last digit between engines.
-- reads: strengths, constants
-- column: person bigint claimed person if negative, otherwise an account
-- column: score double 1 to 100
-- column: strength bigint billionths of a follower-equivalent, summed over accounts; at most 9e18
-- column: accounts bigint number of scored accounts
-- column: networks bigint number of distinct networks
-- column: people bigint number of people who reacted, summed over accounts
-- column: days bigint number of observed days, of the network with most of them
-- column: verified_score double the score from accounts without figures that their owner provided, for rankings; null if there is no such account
-- column: audience bigint millionths of a follower, summed over accounts; at most 9e18; null if the followers are unknown
select person,
  floor(1e9 * least(1e2, 1e0 + 99e0 * log10(1e0 + cast(strength as double) / 1e9) / score_decades) + 5e-1) / 1e9 as score,
  strength, accounts, networks, people, days,
  case when verified_accounts > 0 then
    floor(1e9 * least(1e2, 1e0 + 99e0 * log10(1e0 + cast(verified_strength as double) / 1e9) / score_decades) + 5e-1) / 1e9
  end as verified_score,
  audience
from (
  select person, strength, cast(1 as bigint) as accounts, cast(1 as bigint) as networks, people, days,
    strength * (1 - self_reported) as verified_strength, 1 - self_reported as verified_accounts, audience
  from strengths
  where person = account
  union all
  select person, cast(least(sum(cast(strength as decimal(20, 0))), 9000000000000000000) as bigint),
    cast(count(*) as bigint), cast(count(distinct network) as bigint), cast(sum(people) as bigint),
    cast(max(days) as bigint),
    cast(least(
      sum(cast(case when self_reported = 0 then strength else 0 end as decimal(20, 0))), 9000000000000000000
    ) as bigint),
    cast(sum(1 - self_reported) as bigint),
    -- Not least() of a sum that is null: it would be the limit.
    cast(case when max(audience) is not null then least(sum(cast(audience as decimal(20, 0))), 9000000000000000000) end as bigint)
  from strengths
  where person <> account
  group by person
) summed
cross join constants
