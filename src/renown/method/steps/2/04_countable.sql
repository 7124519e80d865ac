-- One act that counts: in the window, with a verb that a signal reads, not undone, by an account that still exists.
-- view: only pairs reads all of it; the others read the rows of one account
-- reads: interactions, undone, absent, ages, verbs
-- column: target bigint account acted on
-- column: actor bigint account that acted
-- column: post string post acted on; empty for acts on the account itself
-- column: verb smallint number of the verb
-- column: signal smallint number of the signal that reads the verb
-- column: decay bigint weight by age, in millionths of an act of the scored day
-- column: unverified smallint 1 if only the target's own server tells of the act of an account elsewhere, otherwise 0
select i.target, i.actor, coalesce(i.post, '') as post, i.verb, v.signal, a.decay,
  cast(case when i.unverified then 1 else 0 end as smallint) as unverified
from interactions i
join ages a on a.day_no = i.day_no
join verbs v on v.verb = i.verb
left join undone u on u.interaction = i.interaction
left join absent g on g.account = i.actor
where i.actor <> i.target and u.interaction is null and g.account is null
