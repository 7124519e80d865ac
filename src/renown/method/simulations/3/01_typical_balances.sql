-- What one more act of somebody known adds to a balance if such acts are spread evenly over the window: the mean worth of the day's acts of known actors, times the mean weight by age. If nobody known acted that way on the day, an act of a known account without a published strength.
-- reads: day_entries, ages, scales, constants
-- column: signal smallint number of the signal
-- column: balance bigint millionths of a fully trusted person
select s.signal,
  cast(floor((coalesce(e.fresh_worth, 1e6 * c.trust_initial) * a.first_weight
    + coalesce(e.worth, 1e6 * c.trust_initial) * a.later_weights) / (1e3 * a.days) + 5e-1) as bigint) as balance
from (select distinct signal from scales where reads = 'interactions') s
cross join (
  select cast(sum(case when age = 0 then weight else 0 end) as double) as first_weight,
    cast(sum(case when age = 0 then 0 else weight end) as double) as later_weights,
    cast(count(*) as double) as days
  from ages
) a
cross join constants c
left join (
  select signal, cast(sum(worth) as double) / count(*) as worth, cast(sum(fresh_worth) as double) / count(*) as fresh_worth
  from day_entries
  where known = 1 and acts = 1
  group by signal
) e on e.signal = s.signal
