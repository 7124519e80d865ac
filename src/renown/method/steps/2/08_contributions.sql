-- Contribution of one actor to one signal of one account: weight of the actor times worth of the decayed acts. Acts that only the target's own server tells of count as those of a stranger.
-- view: read once by reactions, and by explanations for one account
-- reads: pairs, actors, limits, worths, constants
-- column: account bigint account acted on
-- column: signal smallint number of the signal
-- column: actor bigint account that acted
-- column: received bigint millionths of a fully trusted person
-- column: decayed bigint acts weighted by age, in millionths
-- column: acts integer number of acts
-- column: unverified smallint 1 if only the target's own server tells of all of them, otherwise 0
select p.target as account, p.signal, p.actor,
  cast(floor(case when p.unverified = 1
    then floor(cast(a.attention as double) * least(cast(a.trust as double) / 1e6, c.trust_unknown) + 5e-1)
    else cast(a.weight as double)
  end * cast(w.worth as double) / 1e6) as bigint) as received,
  p.decayed, p.acts, p.unverified
from pairs p
cross join constants c
join actors a on a.actor = p.actor and a.signal = p.signal
join limits m on m.signal = p.signal
join worths w on w.acts = least(m.last_worth, cast(floor(cast(p.decayed as double) / 1e3) as integer))
