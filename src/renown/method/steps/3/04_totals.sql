-- Everything that an account received in one signal, by known actors and by strangers: the entries of the window, weighted by age. A night carries these sums from the day before, see carry.
-- reads: entries, ages, own_pairs, absent
-- column: account bigint account acted on
-- column: signal smallint number of the signal
-- column: known smallint 1 for known actors, 0 for strangers
-- column: total bigint billionths of a fully trusted person
-- column: acts bigint number of acts
select e.target as account, e.signal, e.known,
  cast(sum(case when a.age = 0 then e.fresh_worth else e.worth end * a.weight) as bigint) as total,
  cast(sum(e.acts) as bigint) as acts
from entries e
join ages a on a.day_no = e.day_no
left join own_pairs o on o.target = e.target and o.actor = e.actor
left join absent g on g.account = e.actor
where o.actor is null and g.account is null
group by e.target, e.signal, e.known
