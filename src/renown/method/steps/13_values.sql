-- A signal on the scale of follower-equivalents, and what it adds to the mean.
-- reads: signals, accounts, scales
-- column: account bigint account
-- column: network string network
-- column: signal smallint number of the signal
-- column: received bigint millionths of the signal's unit
-- column: people bigint distinct known actors
-- column: value double ln(1 + follower-equivalents)
-- column: weight bigint millionths of the signal's weight, before renormalising
-- column: own_weight bigint the weight, where it was observed for this account alone (a figure of its profile), else 0
-- column: part bigint value times weight, in 1e-12
select account, network, signal, received, people, value, weight, own_weight,
  cast(floor(value * cast(weight as double) * 1e6 + 5e-1) as bigint) as part
from (
  select s.account, a.network, s.signal, s.received, s.people, r.weight,
    case when r.reads = 'interactions' then cast(0 as bigint) else r.weight end as own_weight,
    ln(1e0 + cast(s.received as double) / 1e6 * r.rate) as value
  from signals s
  join accounts a on a.account = s.account
  join scales r on r.network = a.network and r.signal = s.signal
) scaled
