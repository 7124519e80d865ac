-- Follower-equivalents of followers and lists, and those of the published value of the reactions, without what is presumed of everybody.
-- reads: published_strengths, requested_people, profile_estimates, requested_points, latest_tallies, observed, constants
-- column: account bigint account
-- column: network string network
-- column: followers double follower-equivalents of the followers; null if they are unknown
-- column: lists double follower-equivalents of the lists; null if they are unknown
-- column: reactions double follower-equivalents of the reactions; null if none could be observed on the network
-- column: observed smallint 0 if acts on the account are counted that could not be observed by name, otherwise 1
select s.account, s.network, p.followers, p.lists,
  case when o.weights > 0 and s.weights > coalesce(q.profile_weights, 0) then coalesce(greatest(0e0,
    exp(q.reactions_value) - 1e0 - least(coalesce(p.followers, p.lists, 0e0), c.presumed_reactions)), 0e0) end as reactions,
  coalesce(t.observed, cast(1 as smallint)) as observed
from published_strengths s
join requested_people a on a.person = s.person
left join profile_estimates p on p.account = s.account
left join (
  select account, sum(case when reads <> 'interactions' then weight else 0 end) as profile_weights,
    max(case when reads = 'interactions' then value end) as reactions_value
  from requested_points group by account
) q on q.account = s.account
left join (select account, min(observed) as observed from latest_tallies group by account) t on t.account = s.account
left join observed o on o.network = s.network
cross join constants c
