-- Profile figures of an account, as published.
-- reads: requested_points
-- column: account bigint account
-- column: network string network
-- column: followers bigint number of followers; null if unknown
-- column: lists bigint number of lists with the account; null if unknown
-- column: self_reported smallint 1 if the account's owner provided the figures, otherwise 0
select account, network,
  cast(max(case when reads = 'followers' then floor(cast(received as double) / 1e6 + 5e-1) end) as bigint) as followers,
  cast(max(case when reads = 'lists' then floor(cast(received as double) / 1e6 + 5e-1) end) as bigint) as lists,
  cast(max(case when self_reported > 0 then 1 else 0 end) as smallint) as self_reported
from requested_points
where reads <> 'interactions'
group by account, network
