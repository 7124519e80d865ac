-- Days on which an actor counts for an account because of the acts of one day: until the actor's next day with acts, or until the acts leave the window. Only actors of whom no departure or return is known.
-- reads: claimed_entries, own_pairs, known_presence, ages
-- column: account bigint account acted on
-- column: first_day integer day of the acts
-- column: until_day integer first day on which these acts do not matter any more
select account, day_no as first_day,
  cast(least(coalesce(lead(day_no) over (partition by account, actor order by day_no), 2147483647), day_no + w.days) as integer) as until_day
from (
  select distinct e.target as account, e.actor, e.day_no
  from claimed_entries e
  left join own_pairs o on o.target = e.target and o.actor = e.actor
  left join (select distinct account from known_presence) p on p.account = e.actor
  where o.actor is null and p.account is null
) acts
cross join (select count(*) as days from ages) w
