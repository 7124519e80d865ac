-- Number of people who reacted to an account, recovered by inverting step values for the account's largest published value.
-- reads: requested_points, constants
-- column: account bigint account
-- column: reacted bigint number of people, known or unknown, each counted once per signal; 0 if not more than may be chance
select account, cast(max_by(coalesce(case when value > 0e0 then
  floor(c.chance_people / greatest(
    1e-12, 1e0 - (exp(value) - 1e0) / (cast(nullif(received, 0) as double) / 1e6 * nullif(rate, 0e0))
  ) + 5e-1)
end, 0e0), value) as bigint) as reacted
from requested_points
cross join constants c
where reads = 'interactions'
group by account
