-- What an account received of one signal from known actors.
-- reads: pairs, actors, limits, worths
-- column: account bigint account acted on
-- column: signal smallint number of the signal
-- column: received bigint millionths of a fully trusted person
-- column: people bigint distinct actors
select p.target as account, p.signal,
  cast(sum(cast(floor(cast(a.weight as double) * cast(w.worth as double) / 1e6) as bigint)) as bigint) as received,
  cast(count(*) as bigint) as people
from pairs p
join actors a on a.actor = p.actor
join limits m on m.signal = p.signal
join worths w on w.acts = least(m.last_worth, cast(floor(cast(p.decayed as double) / 1e3) as integer))
group by p.target, p.signal
