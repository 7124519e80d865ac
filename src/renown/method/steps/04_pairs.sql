-- All that one actor did to one target by one verb.
-- reads: countable, own_pairs
-- column: target bigint account acted on
-- column: actor bigint account that acted
-- column: verb smallint number of the verb
-- column: decayed bigint millionths of acts, each halved every half-life
-- column: acts bigint acts
select c.target, c.actor, c.verb, cast(sum(c.decay) as bigint) as decayed, cast(count(*) as bigint) as acts
from countable c
where not exists (select 1 from own_pairs o where o.target = c.target and o.actor = c.actor)
group by c.target, c.actor, c.verb
