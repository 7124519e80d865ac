-- What an account received in one signal from unknown actors, by who tells of it.
-- reads: unknown_acts
-- column: account bigint account that received
-- column: signal smallint number of the signal
-- column: received bigint millionths of a fully trusted person; at most 1e18
-- column: people bigint number of acts of unknown actors; at most 1e18
-- column: self_reported bigint millionths of a fully trusted person, the part of `received` from counts that the owner provided
-- column: self_reported_people bigint number of acts, the part of `people` from counts that the owner provided
-- column: observed smallint 0 if acts are counted that could not be observed by name, otherwise 1
select account, signal,
  cast(least(sum(received), 1000000000000000000) as bigint) as received,
  cast(least(sum(people), 1000000000000000000) as bigint) as people,
  cast(least(sum(case when self_reported = 1 then received else 0 end), 1000000000000000000) as bigint) as self_reported,
  cast(least(sum(case when self_reported = 1 then people else 0 end), 1000000000000000000) as bigint) as self_reported_people,
  cast(min(observed) as smallint) as observed
from (
  select account, signal, self_reported, observed, cast(received as decimal(20, 0)) as received, cast(people as decimal(20, 0)) as people
  from unknown_acts
) wide
group by account, signal
