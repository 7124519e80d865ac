-- Number of people who reacted to an account on one of the days: those of whom no departure or return is known, and the others who exist on that day. Takes the place of the method's step of the same name.
-- reads: reactor_periods, entries, ages, absent, constants
-- column: account bigint account acted on
-- column: people bigint number of distinct actors
select account, cast(sum(people) as bigint) as people
from (
  select p.account, p.people
  from reactor_periods p
  cross join constants c
  where p.people > 0 and p.first_day <= c.day_no and c.day_no < p.until_day
  union all
  select account, cast(count(*) as bigint)
  from (
    select distinct e.target as account, e.actor
    from entries e
    join ages a on a.day_no = e.day_no
    left join absent g on g.account = e.actor
    where e.actor is not null and g.account is null
  ) pairs
  group by account
) counted
group by account
