-- What one post contributed to a signal of its account: each actor's contribution is split over their acts in proportion to decay.
-- reads: countable, contributions, unknown_acts, unknown_actors
-- column: account bigint account acted on
-- column: signal smallint number of the signal
-- column: post string post id; empty for acts on the account itself
-- column: received bigint billionths of a fully trusted person
-- column: acts bigint number of acts, including those of unknown actors
select account, signal, post, cast(least(sum(cast(received as decimal(20, 0))), 9000000000000000000) as bigint) as received,
  cast(least(sum(cast(acts as decimal(20, 0))), 9000000000000000000) as bigint) as acts
from (
  select c.target as account, c.signal, c.post, cast(1 as bigint) as acts,
    cast(floor(1e3 * cast(k.received as double) * cast(c.decay as double) / cast(nullif(k.decayed, 0) as double)) as bigint) as received
  from countable c
  join contributions k on k.account = c.target and k.signal = c.signal and k.actor = c.actor
  union all
  select a.account, a.signal, a.post, a.people, case
      when a.self_reported = 0 then least(a.received, 9000000000000000) * 1000
      else cast(floor(1e3 * cast(a.received as double) * cast(u.self_reported as double)
        / cast(nullif(u.stated, 0) as double)) as bigint)
    end
  from unknown_acts a
  join unknown_actors u on u.account = a.account and u.signal = a.signal
) shared
group by account, signal, post
