-- The public figures of an account, as they were published.
-- reads: asked_points
-- column: account bigint account
-- column: network string network
-- column: followers bigint accounts that follow; null is unknown
-- column: lists bigint lists that hold the account; null is unknown
select account, network,
  cast(max(case when reads = 'followers' then floor(cast(received as double) / 1e6 + 5e-1) end) as bigint) as followers,
  cast(max(case when reads = 'lists' then floor(cast(received as double) / 1e6 + 5e-1) end) as bigint) as lists
from asked_points
where reads <> 'interactions'
group by account, network
