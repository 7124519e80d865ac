-- All acts of one actor on one target in one signal, together; e.g. replies and mentions count as one conversation.
-- reads: countable, own_pairs
-- column: target bigint account acted on
-- column: actor bigint account that acted
-- column: signal smallint number of the signal
-- column: decayed bigint acts weighted by age, in millionths
-- column: acts integer number of acts
-- column: unverified smallint 1 if only the target's own server tells of all of them, otherwise 0
select c.target, c.actor, c.signal, cast(sum(c.decay) as bigint) as decayed, cast(count(*) as integer) as acts,
  min(c.unverified) as unverified
from countable c
left join own_pairs o on o.target = c.target and o.actor = c.actor
where o.actor is null
group by c.target, c.actor, c.signal
