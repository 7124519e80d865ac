-- The latest profile figures of an account up to the scored day, even from before the window; the network's own go before those that the account's owner provided.
-- reads: profiles, constants
-- column: account bigint account
-- column: network string network
-- column: followers bigint number of followers; null if unknown
-- column: lists bigint number of lists with the account; null if unknown
-- column: self_reported smallint 1 if the account's owner provided the figures (an archive), otherwise 0
select account, network, followers, lists, self_reported
from (
  select account, network, followers, lists, self_reported,
    row_number() over (
      partition by account
      order by self_reported, day_no desc, second desc, followers desc nulls last, lists desc nulls last
    ) as place
  from (
    select p.account, p.network, p.day_no, p.second,
      case when p.followers is not null then least(greatest(p.followers, 0), c.count_limit) end as followers,
      case when p.lists is not null then least(greatest(p.lists, 0), c.count_limit) end as lists,
      cast(case when p.self_reported then 1 else 0 end as smallint) as self_reported
    from profiles p
    cross join constants c
    where p.day_no <= c.day_no
  ) bounded
) ordered
where place = 1
