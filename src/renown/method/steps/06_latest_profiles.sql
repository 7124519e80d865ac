-- The latest profile figures of an account up to the scored day, even from before the window.
-- reads: profiles, constants
-- column: account bigint account
-- column: network string network
-- column: followers bigint number of followers; null if unknown
-- column: lists bigint number of lists with the account; null if unknown
select account, network, followers, lists
from (
  select p.account, p.network, p.followers, p.lists,
    row_number() over (
      partition by p.account
      order by p.day_no desc, p.second desc, p.followers desc nulls last, p.lists desc nulls last
    ) as place
  from profiles p
  cross join constants c
  where p.day_no <= c.day_no
) ordered
where place = 1
