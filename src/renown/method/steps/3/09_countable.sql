-- One act that counts: in the window, with a verb that a signal reads, not undone, by an account that still exists.
-- view: read for accounts with counts, and by explanations for one account
-- reads: interactions, undone, absent, ages, verbs
-- column: target bigint account acted on
-- column: actor bigint account that acted
-- column: post string post acted on; empty for acts on the account itself
-- column: verb smallint number of the verb
-- column: signal smallint number of the signal that reads the verb
-- column: decay bigint weight by age, in thousandths of an act of the scored day
select i.target, i.actor, coalesce(i.post, '') as post, i.verb, v.signal, a.weight as decay
from interactions i
join ages a on a.day_no = i.day_no
join verbs v on v.verb = i.verb
left join undone u on u.interaction = i.interaction
left join absent g on g.account = i.actor
where i.actor <> i.target and u.interaction is null and g.account is null
