-- Points that one signal of one account adds to a score; with the base score of 1 they sum to the score. Reactions share the points of their value in proportion to price times what was received.
-- view: read once, by published_points
-- reads: values, signals, reactions, strengths, scores, scales
-- column: person bigint claimed person if negative, otherwise an account
-- column: network string network
-- column: account bigint account
-- column: signal smallint number of the signal
-- column: received bigint millionths of the signal's unit
-- column: value double ln(1 + follower-equivalents) of the value that the signal is a part of, see step values
-- column: weight bigint weight of that value in millionths, before renormalizing
-- column: points double points of the score
-- column: self_reported bigint millionths of the signal's unit, the part of `received` that the account's owner provided
select s.person, s.network, s.account, g.signal, g.received, v.value, v.weight,
  coalesce((p.score - 1e0)
    * (cast(s.strength as double) / cast(nullif(p.strength, 0) as double))
    * (cast(v.part as double) / cast(nullif(s.parts, 0) as double))
    * g.share, 0e0) as points,
  g.self_reported
from (
  select account, signal, reads, received, self_reported,
    amount / sum(amount) over (partition by account, reads) as share
  from (
    select g.account, g.signal, r.reads, g.received, g.self_reported,
      case when r.reads = 'interactions' then r.rate * (cast(g.known as double)
        + cast(g.strangers as double) * coalesce(cast(q.counted as double) / nullif(cast(q.strangers as double), 0e0), 0e0))
        else 1e0 end as amount
    from signals g
    join strengths a on a.account = g.account
    join scales r on r.network = a.network and r.signal = g.signal
    left join reactions q on q.account = g.account
  ) priced
  where amount > 0e0
) g
join values v on v.account = g.account and v.reads = g.reads
join strengths s on s.account = g.account
join scores p on p.person = s.person
