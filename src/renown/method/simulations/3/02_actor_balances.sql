-- Balance of an account in one signal by one actor: the parts of step balances.
-- reads: entries, ages, own_pairs, absent
-- column: account bigint account acted on
-- column: actor bigint account that acted
-- column: signal smallint number of the signal
-- column: known smallint 1 for known actors, 0 for strangers
-- column: balance bigint billionths of a fully trusted person
select e.target as account, e.actor, e.signal, e.known,
  cast(sum(case when a.age = 0 then e.fresh_worth else e.worth end * a.weight) as bigint) as balance
from entries e
join ages a on a.day_no = e.day_no
left join own_pairs o on o.target = e.target and o.actor = e.actor
left join absent g on g.account = e.actor
where o.actor is null and g.account is null
group by e.target, e.actor, e.signal, e.known
