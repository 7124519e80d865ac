-- One value of an account, followers, lists or reactions, as a term of the weighted mean of logarithms. Whoever has few reactions is presumed to receive some, as far as their followers bear it; whoever has few lists is presumed to be on some, as far as followers and reactions bear it. Followers and lists count as far as the reactions bear them. Where reactions are counted that could not be observed by name, there may be as many as followers and lists let expect: this much is presumed, so that reactions can only add.
-- reads: estimates, scales, constants
-- column: account bigint account
-- column: network string network
-- column: reads string followers, lists or interactions
-- column: value double ln(1 + follower-equivalents)
-- column: weight bigint weight of the value in millionths, before renormalizing
-- column: part bigint value times weight, in 1e-12; what is presumed beyond what was received is added to the followers
select e.account, e.network, w.reads,
  case w.reads when 'followers' then e.followers_value when 'lists' then e.lists_value else e.reactions_value end as value,
  w.weight,
  case w.reads
    when 'followers' then e.followers_part + e.presumed_lists_part + e.presumed_reactions_part
    when 'lists' then e.lists_part + case when e.followers_value is null then e.presumed_reactions_part else 0 end
    else e.reactions_part end as part
from (
  select account, network, followers_value, lists_value, reactions_value, followers_part, lists_part, reactions_part,
    coalesce(all_lists_part - lists_part, 0) as presumed_lists_part,
    coalesce(all_reactions_part - reactions_part, 0) as presumed_reactions_part
  from (
    -- Whole numbers before they are added or subtracted: then more of anything never lowers the sum, not even by a rounding.
    select account, network, followers_value, lists_value, reactions_value,
      cast(floor(1e6 * (followers_weight * followers_value) + 5e-1) as bigint) as followers_part,
      cast(floor(1e6 * (lists_weight * lists_value) + 5e-1) as bigint) as all_lists_part,
      cast(floor(1e6 * (lists_weight * own_lists_value) + 5e-1) as bigint) as lists_part,
      cast(floor(1e6 * (reactions_weight * case when observed = 1 then reactions_value
        else greatest(reactions_value, coalesce(
          (followers_weight * coalesce(followers_value, 0e0) + lists_weight * coalesce(lists_value, 0e0))
          / nullif(case when followers_value is null then 0e0 else followers_weight end
            + case when lists_value is null then 0e0 else lists_weight end, 0e0), 0e0)) end) + 5e-1) as bigint) as all_reactions_part,
      cast(floor(1e6 * (reactions_weight * own_reactions_value) + 5e-1) as bigint) as reactions_part
    from (
      select account, network, observed, followers_weight, lists_weight, reactions_weight,
        case when followers is not null then ln(1e0 + least(followers, followers_bound)) end as followers_value,
        case when lists is not null then ln(1e0 + least(lists + presumed_lists, lists_bound)) end as lists_value,
        case when lists is not null then ln(1e0 + least(lists, lists_bound)) end as own_lists_value,
        ln(1e0 + reactions + presumed_reactions) as reactions_value,
        ln(1e0 + reactions) as own_reactions_value
      from (
        select b.*,
          least(coalesce(followers, 0e0), most_presumed_lists, reactions_bound) as presumed_lists,
          least(followers_limit * reactions_bound, strength_limit) as followers_bound,
          least(lists_limit * reactions_bound, strength_limit) as lists_bound
        from (
          select p.*,
            case when observed = 1 then coalesce(reactions + presumed_reactions, strength_limit) else strength_limit end
              as reactions_bound
          from (
            select e.account, e.network, e.followers, e.lists, e.reactions, e.observed,
              least(coalesce(e.followers, e.lists, 0e0), c.presumed_reactions) as presumed_reactions,
              c.presumed_lists as most_presumed_lists, c.followers_limit, c.lists_limit, c.strength_limit,
              w.followers_weight, w.lists_weight, w.reactions_weight
            from estimates e
            join (
              select network, max(case when reads = 'followers' then cast(weight as double) else 0e0 end) as followers_weight,
                max(case when reads = 'lists' then cast(weight as double) else 0e0 end) as lists_weight,
                max(case when reads = 'interactions' then cast(weight as double) else 0e0 end) as reactions_weight
              from scales group by network
            ) w on w.network = e.network
            cross join constants c
          ) p
        ) b
      ) bounded
    ) logarithms
  ) parts
) e
join (select network, reads, max(weight) as weight from scales group by network, reads) w on w.network = e.network
where case w.reads when 'followers' then e.followers_value when 'lists' then e.lists_value else e.reactions_value end is not null
