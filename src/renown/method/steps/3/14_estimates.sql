-- The followers that accounts with as many followers, lists or reactions typically have; reactions without the share that may be chance.
-- reads: signals, reactions, accounts, scales, curves, observed, constants
-- column: account bigint account
-- column: network string network
-- column: followers double follower-equivalents of the followers; null if they are unknown
-- column: lists double follower-equivalents of the lists; null if they are unknown
-- column: reactions double follower-equivalents of the reactions; null if none can be observed on the network
-- column: observed smallint 0 if acts on the account are counted that could not be observed by name, otherwise 1
select s.account, max(a.network) as network,
  max(case when s.reads = 'followers' then least(c.strength_limit, s.amount * s.rate) end) as followers,
  max(case when s.reads = 'lists' and s.amount > 0e0
    then least(c.strength_limit, exp(v.log_equivalent + v.slope * (ln(s.amount) - v.log_value)))
    when s.reads = 'lists' then 0e0 end) as lists,
  case when max(o.weights) > 0 then coalesce(max(
    case when s.reads = 'interactions' and s.amount > 0e0
    then least(c.strength_limit, exp(v.log_equivalent + v.slope * (ln(s.amount) - v.log_value))) end), 0e0) end as reactions,
  cast(min(s.observed) as smallint) as observed
from (
  select g.account, r.reads, cast(g.received as double) / 1e6 as amount, r.rate, 1 as observed
  from (
    select g.account, g.signal, g.received
    from signals g
    join (select distinct signal from scales where reads <> 'interactions') f on f.signal = g.signal
  ) g
  join accounts a on a.account = g.account
  join scales r on r.network = a.network and r.signal = g.signal and r.reads <> 'interactions'
  union all
  select account, 'interactions', cast(known + counted as double) / 1e6
    * coalesce(greatest(0e0, cast(people as double) - chance_people) / nullif(cast(people as double), 0e0), 0e0), 1e0, observed
  from reactions
  cross join constants
) s
join accounts a on a.account = s.account
left join observed o on o.network = a.network
left join curves v on v.network = a.network
  and v.curve = case s.reads when 'lists' then 'lists' when 'interactions' then 'reactions' end
  and s.amount >= v.from_value and s.amount < v.until_value
cross join constants c
group by s.account
