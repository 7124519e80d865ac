-- Follower-equivalents of followers and lists, and those of the published value of the reactions, without what is presumed of everybody.
-- reads: profile_equivalents, asked_points, scales, constants
-- column: account bigint account
-- column: network string network
-- column: reads string followers, lists or interactions
-- column: weight bigint weight of the value in millionths, before renormalizing
-- column: equivalent double follower-equivalents
select account, network, reads, weight, equivalent
from profile_equivalents
union all
select r.account, r.network, 'interactions', w.weight,
  greatest(0e0, exp(r.value) - 1e0 - least(coalesce(f.equivalent, 0e0), c.presumed_reactions))
from (
  select account, max(network) as network, max(value) as value
  from asked_points where reads = 'interactions' group by account
) r
join (select network, max(weight) as weight from scales where reads = 'interactions' group by network) w
  on w.network = r.network
left join profile_equivalents f on f.account = r.account and f.reads = 'followers'
cross join constants c
