-- Points that one signal of one account adds to a score; with the base score of 1 they sum to the score.
-- view: read once, by published_points
-- reads: values, strengths, scores
-- column: person bigint claimed person if negative, otherwise an account
-- column: network string network
-- column: account bigint account
-- column: signal smallint number of the signal
-- column: received bigint millionths of the signal's unit
-- column: value double ln(1 + follower-equivalents), see step values
-- column: weight bigint millionths, before renormalizing
-- column: points double points of the score
-- column: self_reported bigint millionths of the signal's unit, the part of `received` that the account's owner provided
select s.person, s.network, s.account, v.signal, v.received, v.value, v.weight,
  coalesce((p.score - 1e0)
    * (cast(s.strength as double) / cast(nullif(p.strength, 0) as double))
    * (cast(v.part as double) / cast(nullif(s.parts, 0) as double)), 0e0) as points,
  v.self_reported
from values v
join strengths s on s.account = v.account
join scores p on p.person = s.person
