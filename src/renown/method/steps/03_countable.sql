-- One act that counts: in the window, by a verb that a signal reads, not undone.
-- view: read once, by pairs
-- reads: interactions, undone, ages, verbs
-- column: target bigint account acted on
-- column: actor bigint account that acted
-- column: verb smallint number of the verb
-- column: decay bigint millionths of an act of the day itself
select i.target, i.actor, i.verb, a.decay
from interactions i
join ages a on a.day_no = i.day_no
join verbs v on v.verb = i.verb
where i.actor <> i.target
  and not exists (select 1 from undone u where u.interaction = i.interaction)
