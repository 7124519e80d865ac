-- One signal of an account in follower-equivalents, and its term in the weighted mean of logarithms.
-- reads: signals, accounts, latest_profiles, scales, constants
-- column: account bigint account
-- column: network string network
-- column: signal smallint number of the signal
-- column: received bigint millionths of the signal's unit
-- column: people bigint number of distinct known actors
-- column: value double ln(1 + follower-equivalents); reactions without the share that may be chance, lists plus the presumed ones
-- column: weight bigint weight of the signal in millionths, before renormalizing
-- column: own_weight bigint the weight if it was observed only for this account (profile figures), otherwise 0
-- column: self_reported bigint millionths of the signal's unit, the part of `received` that the account's owner provided
-- column: part bigint value times weight, in 1e-12; the term of presumed lists is added to the followers
select account, network, signal, received, people, value, weight,
  case when reads = 'interactions' then cast(0 as bigint) else weight end as own_weight,
  self_reported,
  cast(floor(1e6 * case
    when reads = 'followers' then cast(weight as double) * value + cast(lists_weight as double) * ln(1e0 + presumed)
    when reads = 'lists' then cast(weight as double) * (value - ln(1e0 + presumed))
    else cast(weight as double) * value
  end + 5e-1) as bigint) as part
from (
  select s.account, a.network, s.signal, s.received, s.people, s.self_reported, r.weight, r.reads,
    coalesce(p.lists_weight, 0) as lists_weight, coalesce(p.presumed, 0e0) as presumed,
    ln(1e0 + cast(s.received as double) / 1e6 * r.rate * case
      when r.reads <> 'interactions' then 1e0
      else coalesce(greatest(0e0, n.reacted - c.chance_people) / nullif(n.reacted, 0e0), 0e0)
    end + case when r.reads = 'lists' then coalesce(p.presumed, 0e0) else 0e0 end) as value
  from signals s
  join accounts a on a.account = s.account
  join scales r on r.network = a.network and r.signal = s.signal
  join (
    select account, cast(sum(people + unknown) as double) as reacted from signals group by account
  ) n on n.account = s.account
  left join (
    select l.account, w.weight as lists_weight,
      least(cast(coalesce(l.followers, 0) as double) * f.rate, k.presumed_lists * w.rate) as presumed
    from latest_profiles l
    join scales f on f.network = l.network and f.reads = 'followers'
    join scales w on w.network = l.network and w.reads = 'lists'
    cross join constants k
    where l.lists is not null
  ) p on p.account = s.account
  cross join constants c
) valued
