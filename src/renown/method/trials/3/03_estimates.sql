-- Follower-equivalents of followers and lists, and those of the published value of the reactions, without what is presumed of everybody.
-- reads: published_strengths, asked, profile_estimates, asked_points, observed, constants
-- column: account bigint account
-- column: network string network
-- column: followers double follower-equivalents of the followers; null if they are unknown
-- column: lists double follower-equivalents of the lists; null if they are unknown
-- column: reactions double follower-equivalents of the reactions; null if they could not be observed
select s.account, s.network, p.followers, p.lists,
  case when o.weights > 0 and s.weights > coalesce(q.profile_weights, 0) then coalesce(greatest(0e0,
    exp(q.reactions_value) - 1e0 - least(coalesce(p.followers, p.lists, 0e0), c.presumed_reactions)), 0e0) end as reactions
from published_strengths s
join asked a on a.person = s.person
left join profile_estimates p on p.account = s.account
left join (
  select account, sum(case when reads <> 'interactions' then weight else 0 end) as profile_weights,
    max(case when reads = 'interactions' then value end) as reactions_value
  from asked_points group by account
) q on q.account = s.account
left join observed o on o.network = s.network
cross join constants c
