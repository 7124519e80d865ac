-- One act that counts: in the window, with a verb that a signal reads, not undone, by an account that still exists.
-- view: read for accounts with counts, and by explanations for one account
-- reads: interactions, undone, absent, ages, quarters, verbs
-- column: day_no integer day, counted from 1970-01-01
-- column: target bigint account acted on
-- column: actor bigint account that acted
-- column: post string post acted on; empty for acts on the account itself
-- column: verb smallint number of the verb
-- column: signal smallint number of the signal that reads the verb
-- column: decay bigint weight by age, on the scored day by the quarter of the day, in thousandths of an act of its end
select i.day_no, i.target, i.actor, coalesce(i.post, '') as post, i.verb, v.signal,
  case when a.age = 0 then cast(floor(cast(a.weight as double) * cast(q.weight as double) / 1e3) as bigint) else a.weight end as decay
from interactions i
join ages a on a.day_no = i.day_no
join verbs v on v.verb = i.verb
join quarters q on q.quarter = cast(floor(cast(i.second as double) / 216e2) as integer)
left join undone u on u.interaction = i.interaction
left join absent g on g.account = i.actor
where i.actor <> i.target and u.interaction is null and g.account is null
