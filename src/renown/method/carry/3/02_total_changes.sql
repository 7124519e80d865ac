-- What changes the totals of an account from the carried day to this one: entries of days that came, went, changed or got another weight, and those of actors who count on one of the two days only.
-- reads: changed_before, changed_after, unchanged, ages_before, ages, own_pairs_before, own_pairs, absent_before, absent, turned_actors
-- column: account bigint account acted on
-- column: signal smallint number of the signal
-- column: known smallint 1 for known actors, 0 for strangers
-- column: total bigint billionths of a fully trusted person, with its sign
-- column: acts bigint number of acts, with its sign
select account, signal, known, cast(sum(total) as bigint) as total, cast(sum(acts) as bigint) as acts
from (
  select e.target as account, e.signal, e.known,
    case when a.age = 0 then e.fresh_worth else e.worth end * a.weight as total, cast(e.acts as bigint) as acts
  from changed_after e
  join ages a on a.day_no = e.day_no
  left join own_pairs o on o.target = e.target and o.actor = e.actor
  left join absent g on g.account = e.actor
  where o.actor is null and g.account is null
  union all
  select e.target, e.signal, e.known,
    -(case when a.age = 0 then e.fresh_worth else e.worth end * a.weight), -cast(e.acts as bigint)
  from changed_before e
  join ages_before a on a.day_no = e.day_no
  left join own_pairs_before o on o.target = e.target and o.actor = e.actor
  left join absent_before g on g.account = e.actor
  where o.actor is null and g.account is null
  union all
  select e.target, e.signal, e.known, e.change * case when e.age = 0 then e.fresh_worth else e.worth end * e.weight, e.change * e.acts
  from (
    select u.target, u.signal, u.known, u.worth, u.fresh_worth, cast(u.acts as bigint) as acts, a.age, a.weight,
      case when o.actor is null and g.account is null then 1 else 0 end
        - case when p.actor is null and b.account is null then 1 else 0 end as change
    from unchanged u
    join turned_actors t on t.actor = u.actor
    join ages a on a.day_no = u.day_no
    left join own_pairs o on o.target = u.target and o.actor = u.actor
    left join absent g on g.account = u.actor
    left join own_pairs_before p on p.target = u.target and p.actor = u.actor
    left join absent_before b on b.account = u.actor
  ) e
  where e.change <> 0
) changes
group by account, signal, known
