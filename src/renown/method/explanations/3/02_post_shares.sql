-- What one post contributed to a signal of its account: each entry, what an actor's acts of one day are worth, is split over these acts, on the scored day by the quarter of the day.
-- reads: entries, ages, own_pairs, absent, countable, unknown_acts, reactions
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
  select s.account, s.signal, s.post, cast(1 as bigint) as acts, s.worth as full_worth,
    s.worth * case when s.known = 1 then 1e0
      else coalesce(cast(r.counted as double) / nullif(cast(r.strangers as double), 0e0), 0e0) end as received
  from (
    select c.target as account, c.signal, c.post, e.known,
      cast((case when a.age = 0 then e.fresh_worth else e.worth end) * a.weight as double)
        * (cast(c.decay as double) / cast(d.decay as double)) as worth
    from countable c
    join (
      select day_no, target, actor, signal, nullif(cast(sum(decay) as bigint), 0) as decay
      from countable group by day_no, target, actor, signal
    ) d on d.day_no = c.day_no and d.target = c.target and d.actor = c.actor and d.signal = c.signal
    join entries e on e.day_no = c.day_no and e.target = c.target and e.actor = c.actor and e.signal = c.signal
    join ages a on a.day_no = e.day_no
    left join own_pairs o on o.target = e.target and o.actor = e.actor
    left join absent g on g.account = e.actor
    where o.actor is null and g.account is null and d.decay is not null
  ) s
  left join reactions r on r.account = s.account
  union all
  select u.account, u.signal, u.post, u.people, 1e3 * cast(u.received as double),
    1e3 * cast(u.received as double) * coalesce(cast(r.counted as double) / nullif(cast(r.strangers as double), 0e0), 0e0)
  from unknown_acts u
  left join reactions r on r.account = u.account
) shared
group by account, signal, post
