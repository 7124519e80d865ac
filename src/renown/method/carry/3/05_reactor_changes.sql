-- What changes the number of people who reacted to an account from the carried day to this one.
-- reads: touched_pairs, remaining_entries, own_pairs_before, own_pairs, absent_before, absent
-- column: account bigint account acted on
-- column: people bigint number of distinct actors, with its sign
select account, cast(sum(change) as bigint) as people
from (
  select t.target as account,
    case when (t.is_new = 1 or r.actor is not null) and o.actor is null and g.account is null then 1 else 0 end
      - case when (t.was = 1 or r.actor is not null) and p.actor is null and b.account is null then 1 else 0 end as change
  from touched_pairs t
  left join (
    select distinct e.target, e.actor
    from remaining_entries e
    join touched_pairs x on x.target = e.target and x.actor = e.actor
  ) r on r.target = t.target and r.actor = t.actor
  left join own_pairs o on o.target = t.target and o.actor = t.actor
  left join absent g on g.account = t.actor
  left join own_pairs_before p on p.target = t.target and p.actor = t.actor
  left join absent_before b on b.account = t.actor
) pairs
group by account
having sum(change) <> 0
