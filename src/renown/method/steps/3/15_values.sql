-- One value of an account, followers, lists or reactions, as a term of the weighted mean of logarithms. Whoever has few lists or reactions is presumed to have some, as far as their followers bear it; followers and lists count as far as the reactions bear them.
-- reads: estimates, scales, constants
-- column: account bigint account
-- column: network string network
-- column: reads string followers, lists or interactions
-- column: value double ln(1 + follower-equivalents)
-- column: weight bigint weight of the value in millionths, before renormalizing
-- column: part bigint value times weight, in 1e-12; the terms of what is presumed are added to the followers
select v.account, v.network, v.reads, v.value, w.weight,
  cast(floor(1e6 * (cast(w.weight as double) * v.own_value + moved) + 5e-1) as bigint) as part
from (
  select e.account, e.network, k.reads,
    case k.reads when 'followers' then e.followers_value when 'lists' then e.lists_value else e.reactions_value end as value,
    case k.reads when 'followers' then e.followers_value when 'lists' then e.own_lists_value else e.own_reactions_value end as own_value,
    case k.reads
      when 'followers' then e.lists_weight * coalesce(e.lists_value - e.own_lists_value, 0e0)
        + e.reactions_weight * coalesce(e.reactions_value - e.own_reactions_value, 0e0)
      when 'lists' then case when e.followers_value is null
        then e.reactions_weight * coalesce(e.reactions_value - e.own_reactions_value, 0e0) else 0e0 end
      else 0e0 end as moved
  from (
    select account, network, lists_weight, reactions_weight,
      case when followers is not null then ln(1e0 + least(followers, followers_bound)) end as followers_value,
      case when lists is not null then ln(1e0 + least(lists + presumed_lists, lists_bound)) end as lists_value,
      case when lists is not null then ln(1e0 + least(lists, lists_bound)) end as own_lists_value,
      ln(1e0 + reactions + presumed_reactions) as reactions_value,
      ln(1e0 + reactions) as own_reactions_value
    from (
      select account, network, followers, lists, reactions, presumed_lists, presumed_reactions, lists_weight, reactions_weight,
        coalesce(followers_limit * (reactions + presumed_reactions), strength_limit) as followers_bound,
        coalesce(lists_limit * (reactions + presumed_reactions), strength_limit) as lists_bound
      from (
        select e.account, e.network, e.followers, e.lists, e.reactions,
          least(coalesce(e.followers, 0e0), c.presumed_lists) as presumed_lists,
          least(coalesce(e.followers, e.lists, 0e0), c.presumed_reactions) as presumed_reactions,
          c.followers_limit, c.lists_limit, c.strength_limit, w.lists_weight, w.reactions_weight
        from estimates e
        join (
          select network, max(case when reads = 'lists' then cast(weight as double) else 0e0 end) as lists_weight,
            max(case when reads = 'interactions' then cast(weight as double) else 0e0 end) as reactions_weight
          from scales group by network
        ) w on w.network = e.network
        cross join constants c
      ) presumed
    ) bounded
  ) e
  cross join (select distinct reads from scales) k
) v
join (select network, reads, max(weight) as weight from scales group by network, reads) w
  on w.network = v.network and w.reads = v.reads
where v.value is not null
