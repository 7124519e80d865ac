-- What an account received of one signal from known actors.
-- reads: pairs, actors, verbs, worths, constants
-- column: account bigint account acted on
-- column: signal smallint number of the signal
-- column: received bigint millionths of a fully trusted person
select p.target as account, v.signal,
  cast(sum(cast(floor(cast(a.weight as double) * cast(w.worth as double) / 1e6) as bigint)) as bigint) as received
from pairs p
join actors a on a.actor = p.actor
join verbs v on v.verb = p.verb
cross join constants c
join worths w on w.acts = least(c.last_worth, cast(floor(cast(p.decayed as double) / 1e3) as integer))
group by p.target, v.signal
