-- What one signal of one account adds to its person's score; with 1 for everybody they sum to the score.
-- view: read once, by published_points
-- reads: values, strengths, scores
-- column: person bigint who is scored
-- column: network string network
-- column: account bigint account
-- column: signal smallint number of the signal
-- column: received bigint millionths of the signal's unit
-- column: value double ln(1 + follower-equivalents), as step values says
-- column: weight bigint millionths, before renormalising
-- column: points double points of score
select s.person, s.network, s.account, v.signal, v.received, v.value, v.weight,
  coalesce((p.score - 1e0)
    * (cast(s.strength as double) / cast(nullif(p.strength, 0) as double))
    * (cast(v.part as double) / cast(nullif(s.parts, 0) as double)), 0e0) as points
from values v
join strengths s on s.account = v.account
join scores p on p.person = s.person
