-- What one act is worth before its age: the entry, what an actor's acts of one day are worth, is split over these acts, on the scored day by the quarter of the day.
-- reads: entries, own_pairs, interactions, undone, absent, verbs, quarters
-- column: day_no integer day of the act, counted from 1970-01-01
-- column: account bigint account acted on
-- column: signal smallint number of the signal that reads the verb
-- column: post string post id; empty for an act on the account itself
-- column: known smallint 1 if the entry is that of a known actor, 0 of a stranger
-- column: worth double millionths of a fully trusted person
-- column: fresh_worth double the same on its own day
with acts as (
  select i.day_no, i.target, i.actor, v.signal, coalesce(i.post, '') as post, q.weight
  from interactions i
  join verbs v on v.verb = i.verb
  join quarters q on q.quarter = cast(floor(cast(i.second as double) / 216e2) as integer)
  left join undone u on u.interaction = i.interaction
  left join absent g on g.account = i.actor
  where i.actor <> i.target and u.interaction is null and g.account is null
)
select s.day_no, s.target as account, s.signal, s.post, e.known,
  cast(e.worth as double) / cast(d.acts as double) as worth,
  cast(e.fresh_worth as double) * (cast(s.weight as double) / cast(d.weight as double)) as fresh_worth
from acts s
join (
  select day_no, target, actor, signal, cast(count(*) as bigint) as acts, cast(sum(weight) as bigint) as weight
  from acts group by day_no, target, actor, signal
) d on d.day_no = s.day_no and d.target = s.target and d.actor = s.actor and d.signal = s.signal
join entries e on e.day_no = s.day_no and e.target = s.target and e.actor = s.actor and e.signal = s.signal
left join own_pairs o on o.target = s.target and o.actor = s.actor
where o.actor is null
