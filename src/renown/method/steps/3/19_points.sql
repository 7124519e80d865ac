-- Points that one signal of one account adds to a score; with the base score of 1 they sum to the score.
-- view: read once, by published_points
-- reads: shares, values, signals, strengths, scores
-- column: person bigint claimed person if negative, otherwise an account
-- column: network string network
-- column: account bigint account
-- column: signal smallint number of the signal
-- column: received bigint millionths of the signal's unit
-- column: value double ln(1 + follower-equivalents) of the value that the signal is a part of, see step values
-- column: weight bigint weight of that value in millionths, before renormalizing
-- column: points double points of the score
-- column: self_reported bigint millionths of the signal's unit, the part of `received` that the account's owner provided
select s.person, s.network, s.account, h.signal, g.received, v.value, v.weight,
  coalesce((p.score - 1e0)
    * (cast(s.strength as double) / cast(nullif(p.strength, 0) as double))
    * (cast(v.part as double) / cast(nullif(s.parts, 0) as double))
    * (cast(h.share as double) / cast(t.share as double)), 0e0) as points,
  g.self_reported
from shares h
join (select account, reads, cast(sum(share) as bigint) as share from shares group by account, reads) t
  on t.account = h.account and t.reads = h.reads
join signals g on g.account = h.account and g.signal = h.signal
join values v on v.account = h.account and v.reads = h.reads
join strengths s on s.account = h.account
join scores p on p.person = s.person
