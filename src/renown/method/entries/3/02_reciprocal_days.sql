-- A day on which an actor acted on a target that acted on the actor, too, in the friend_days days that end on that day.
-- reads: daily_acts, earlier_interactions, verbs, undone, constants
-- column: day_no integer day, counted from 1970-01-01
-- column: target bigint account acted on
-- column: actor bigint account that acted
select distinct d.day_no, d.target, d.actor
from daily_acts d
join (
  select day_no, target, actor from daily_acts
  union all
  select i.day_no, i.target, i.actor
  from earlier_interactions i
  join verbs v on v.verb = i.verb
  left join undone u on u.interaction = i.interaction
  where u.interaction is null
) r on r.target = d.actor and r.actor = d.target
cross join constants c
where r.day_no <= d.day_no and r.day_no > d.day_no - c.friend_days
