-- How many people reacted to an account: the whole number from which step values made what was published, of its highest value.
-- reads: asked_points, constants
-- column: account bigint account
-- column: reacted bigint people, known or not, each counted once a signal; 0 where that was no more than chance
select account, cast(max_by(coalesce(case when value > 0e0 then
  floor(c.chance_people / greatest(
    1e-12, 1e0 - (exp(value) - 1e0) / (cast(nullif(received, 0) as double) / 1e6 * nullif(rate, 0e0))
  ) + 5e-1)
end, 0e0), value) as bigint) as reacted
from asked_points
cross join constants c
where reads = 'interactions'
group by account
