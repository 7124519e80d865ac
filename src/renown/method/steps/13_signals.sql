-- Everything that an account received in one signal, from known and unknown actors or from its profile.
-- reads: reactions, unknown_actors, latest_profiles, scales
-- column: account bigint account
-- column: signal smallint number of the signal
-- column: received bigint millionths of the signal's unit: trusted people, followers, lists
-- column: people bigint number of distinct known actors
-- column: unknown bigint number of acts of unknown actors
select coalesce(k.account, u.account) as account, coalesce(k.signal, u.signal) as signal,
  coalesce(k.received, 0) + coalesce(u.received, 0) as received,
  coalesce(k.people, 0) as people, coalesce(u.people, 0) as unknown
from reactions k
full join unknown_actors u on u.account = k.account and u.signal = k.signal
union all
select p.account, r.signal, p.followers * 1000000, cast(0 as bigint), cast(0 as bigint)
from latest_profiles p
join scales r on r.network = p.network and r.reads = 'followers'
where p.followers is not null
union all
select p.account, r.signal, p.lists * 1000000, cast(0 as bigint), cast(0 as bigint)
from latest_profiles p
join scales r on r.network = p.network and r.reads = 'lists'
where p.lists is not null
