-- Contribution of one actor to one signal of one account: the entries of the window, weighted by age; those of strangers as far as they count.
-- reads: entries, ages, own_pairs, absent, reactions
-- column: account bigint account acted on
-- column: signal smallint number of the signal
-- column: actor bigint account that acted
-- column: received double millionths of a fully trusted person that count, after the limit on strangers
-- column: full_worth double millionths of a fully trusted person, before that limit
-- column: acts bigint number of acts
-- column: known smallint 1 if any of the acts are those of a known actor, 0 if all are those of a stranger
select e.account, e.signal, e.actor,
  e.known_worth + e.stranger_worth * coalesce(cast(r.counted as double) / nullif(cast(r.strangers as double), 0e0), 0e0)
    as received,
  e.known_worth + e.stranger_worth as full_worth, e.acts, e.known
from (
  select x.target as account, x.signal, x.actor,
    cast(sum(case when x.known = 1 then worth else 0 end) as double) / 1e3 as known_worth,
    cast(sum(case when x.known = 0 then worth else 0 end) as double) / 1e3 as stranger_worth,
    cast(sum(x.acts) as bigint) as acts, max(x.known) as known
  from (
    select n.target, n.signal, n.actor, n.known, n.acts, (case when a.age = 0 then n.fresh_worth else n.worth end) * a.weight as worth
    from entries n
    join ages a on a.day_no = n.day_no
  ) x
  left join own_pairs o on o.target = x.target and o.actor = x.actor
  left join absent g on g.account = x.actor
  where o.actor is null and g.account is null
  group by x.target, x.signal, x.actor
) e
left join reactions r on r.account = e.account
