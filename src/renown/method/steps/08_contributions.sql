-- Contribution of one actor to one signal of one account: weight of the actor times worth of the decayed acts.
-- view: read once by reactions, and by explanations for one account
-- reads: pairs, actors, limits, worths
-- column: account bigint account acted on
-- column: signal smallint number of the signal
-- column: actor bigint account that acted
-- column: received bigint millionths of a fully trusted person
-- column: decayed bigint acts weighted by age, in millionths
-- column: acts integer number of acts
select p.target as account, p.signal, p.actor,
  cast(floor(cast(a.weight as double) * cast(w.worth as double) / 1e6) as bigint) as received,
  p.decayed, p.acts
from pairs p
join actors a on a.actor = p.actor and a.signal = p.signal
join limits m on m.signal = p.signal
join worths w on w.acts = least(m.last_worth, cast(floor(cast(p.decayed as double) / 1e3) as integer))
