-- What one post contributed to a signal of its account: each actor's contribution is split over their acts in proportion to decay.
-- reads: countable, contributions, unknown_acts
-- column: account bigint account acted on
-- column: signal smallint number of the signal
-- column: post string post id; empty for acts on the account itself
-- column: received bigint billionths of a fully trusted person
-- column: acts bigint number of acts, including those of unknown actors
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
