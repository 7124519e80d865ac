-- What one post contributed to a signal of its account: what the acts on it are worth, weighted by age; those of strangers as far as they count.
-- reads: act_worths, ages, unknown_acts, reactions
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
    select w.account, w.signal, w.post, w.known,
      (case when a.age = 0 then w.fresh_worth else w.worth end) * cast(a.weight as double) as worth
    from act_worths w
    join ages a on a.day_no = w.day_no
  ) s
  left join reactions r on r.account = s.account
  union all
  select u.account, u.signal, u.post, u.people, 1e3 * cast(u.received as double),
    1e3 * cast(u.received as double) * coalesce(cast(r.counted as double) / nullif(cast(r.strangers as double), 0e0), 0e0)
  from unknown_acts u
  left join reactions r on r.account = u.account
) shared
group by account, signal, post
