-- What one post contributed to a signal of its account: each actor's contribution is split over their acts in proportion to decay.
-- reads: countable, contributions, unknown_acts, reactions
-- column: account bigint account acted on
-- column: signal smallint number of the signal
-- column: post string post id; empty for acts on the account itself
-- column: received double billionths of a fully trusted person that count, after the limit on strangers
-- column: full_worth double billionths of a fully trusted person, before that limit
-- column: acts bigint number of acts, including those of unknown actors
select account, signal, post, cast(sum(cast(received as decimal(38, 6))) as double) as received,
  cast(sum(cast(full_worth as decimal(38, 6))) as double) as full_worth,
  cast(least(sum(cast(acts as decimal(20, 0))), 9000000000000000000) as bigint) as acts
from (
  select c.target as account, c.signal, c.post, cast(1 as bigint) as acts,
    coalesce(1e3 * k.received * cast(c.decay as double) / cast(nullif(k.decayed, 0) as double), 0e0) as received,
    coalesce(1e3 * k.full_worth * cast(c.decay as double) / cast(nullif(k.decayed, 0) as double), 0e0) as full_worth
  from countable c
  join contributions k on k.account = c.target and k.signal = c.signal and k.actor = c.actor
  union all
  select u.account, u.signal, u.post, u.people,
    1e3 * cast(u.received as double) * coalesce(cast(r.counted as double) / nullif(cast(r.strangers as double), 0e0), 0e0),
    1e3 * cast(u.received as double)
  from unknown_acts u
  left join reactions r on r.account = u.account
) shared
group by account, signal, post
