-- What an account received in one signal, as published; the people who reacted are all put on one of its rows.
-- reads: requested_points, reacted
-- column: account bigint account
-- column: signal smallint number of the signal
-- column: received bigint millionths of the signal's unit
-- column: people bigint always 0: published days do not say who reacted
-- column: unknown bigint number of people who reacted, each counted once per signal
-- column: self_reported bigint millionths of the signal's unit, the part of `received` that the account's owner provided
select p.account, p.signal, p.received, cast(0 as bigint) as people,
  case when row_number() over (partition by p.account order by p.signal) = 1
    then coalesce(r.reacted, 0) else cast(0 as bigint)
  end as unknown,
  p.self_reported
from requested_points p
left join reacted r on r.account = p.account
