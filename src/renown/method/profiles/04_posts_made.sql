-- Number of posts of a subject in the window: posts with reactions, or the increase of the profile's post count if that is larger.
-- reads: countable, unknown_acts, profiles, ages, verbs, owners, passing
-- column: person bigint subject
-- column: posts bigint number of posts
-- column: passed_on bigint number of posts that somebody reposted or shared
select o.person,
  cast(sum(greatest(coalesce(r.posts, 0), coalesce(p.posts, 0))) as bigint) as posts,
  cast(sum(coalesce(r.passed_on, 0)) as bigint) as passed_on
from owners o
left join (
  select account, count(*) as posts, sum(passed_on) as passed_on
  from (
    select account, post, max(passed_on) as passed_on
    from (
      select c.target as account, c.post, case when s.signal is null then 0 else 1 end as passed_on
      from countable c left join passing s on s.signal = c.signal where c.post <> ''
      union all
      select u.account, u.post, case when s.signal is null then 0 else 1 end as passed_on
      from unknown_acts u left join passing s on s.signal = u.signal where u.post <> ''
    ) acts
    group by account, post
  ) posts
  group by account
) r on r.account = o.account
left join (
  select p.account, max(p.posts) - min(p.posts) as posts
  from profiles p join ages a on a.day_no = p.day_no
  group by p.account
) p on p.account = o.account
group by o.person
