-- Accounts that are not new and have followers and posts of their own, on networks of which only the acts on some accounts are read, but the profiles of those who act. What the first look at an account tells holds for its earlier days, too; what a later look tells holds from its own day on.
-- In place of a verb, coverage has 0 where everybody's acts are read, and -1 where those who act are looked up.
-- reads: all_profiles, coverage, constants
-- column: account bigint account
-- column: first_day integer first day on which it is established
select p.account,
  cast(min(greatest(p.created_day + c.established_days, case when p.day_no > f.day_no then p.day_no else 0 end)) as integer) as first_day
from all_profiles p
join (
  select account, min(day_no) as day_no from all_profiles
  where self_reported is null and followers is not null group by account
) f on f.account = p.account
join (
  select network from coverage where verb in (-1, 0) group by network having max(verb) = -1
) j on j.network = p.network
cross join constants c
where p.self_reported is null and p.created_day is not null
  and p.followers >= c.established_followers and p.posts >= c.established_posts
group by p.account
