-- All that one actor did to one target of one signal: a reply that is a mention too is one person's conversation.
-- reads: countable, own_pairs
-- column: target bigint account acted on
-- column: actor bigint account that acted
-- column: signal smallint number of the signal
-- column: decayed bigint millionths of acts, each halved every half-life
-- column: acts integer acts
select c.target, c.actor, c.signal, cast(sum(c.decay) as bigint) as decayed, cast(count(*) as integer) as acts
from countable c
left join own_pairs o on o.target = c.target and o.actor = c.actor
where o.actor is null
group by c.target, c.actor, c.signal
