-- What one post of an account brought it of one signal: an actor's contribution is split over the acts it came of, by their decay.
-- reads: countable, contributions, unknown_acts
-- column: account bigint account that received
-- column: signal smallint number of the signal
-- column: post string post, empty for the account itself
-- column: received bigint billionths of a fully trusted person
-- column: acts bigint acts, those of unknown actors among them
select account, signal, post, cast(sum(received) as bigint) as received, cast(sum(acts) as bigint) as acts
from (
  select c.target as account, c.signal, c.post, cast(1 as bigint) as acts,
    cast(floor(1e3 * cast(k.received as double) * cast(c.decay as double) / cast(nullif(k.decayed, 0) as double)) as bigint) as received
  from countable c
  join contributions k on k.account = c.target and k.signal = c.signal and k.actor = c.actor
  union all
  select account, signal, post, people, received * 1000
  from unknown_acts
) shared
group by account, signal, post
