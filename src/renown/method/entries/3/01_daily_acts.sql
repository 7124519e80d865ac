-- All acts of one actor on one target in one signal on one day; e.g. replies and mentions count as one conversation.
-- reads: interactions, undone, verbs, quarters
-- column: day_no integer day, counted from 1970-01-01
-- column: target bigint account acted on
-- column: actor bigint account that acted
-- column: signal smallint number of the signal
-- column: acts integer number of acts
-- column: fresh_acts integer thousandths of acts, weighted by the quarter of the day in which they happened
-- column: unverified smallint 1 if only the target's own server tells of all of them, otherwise 0
select i.day_no, i.target, i.actor, v.signal, cast(count(*) as integer) as acts,
  cast(least(sum(q.weight), 2000000000) as integer) as fresh_acts,
  cast(min(case when i.unverified then 1 else 0 end) as smallint) as unverified
from interactions i
join verbs v on v.verb = i.verb
join quarters q on q.quarter = cast(floor(cast(i.second as double) / 216e2) as integer)
left join undone u on u.interaction = i.interaction
where i.actor <> i.target and u.interaction is null
group by i.day_no, i.target, i.actor, v.signal
