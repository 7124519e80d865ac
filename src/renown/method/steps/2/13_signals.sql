-- Everything that an account received in one signal, from known and unknown actors or from its profile. Followers and lists that the account's owner provided count in full up to self_reported_limit, beyond it with the logarithm.
-- reads: reactions, unknown_actors, latest_profiles, scales, constants
-- column: account bigint account
-- column: signal smallint number of the signal
-- column: received bigint millionths of the signal's unit: trusted people, followers, lists
-- column: people bigint number of distinct known actors
-- column: unknown bigint number of acts of unknown actors
-- column: self_reported bigint millionths of the signal's unit, the part of `received` that the account's owner provided
select coalesce(k.account, u.account) as account, coalesce(k.signal, u.signal) as signal,
  coalesce(k.received, 0) + coalesce(u.received, 0) as received,
  coalesce(k.people, 0) as people, coalesce(u.people, 0) as unknown, coalesce(u.self_reported, 0) as self_reported
from reactions k
full join unknown_actors u on u.account = k.account and u.signal = k.signal
union all
select account, signal, received, cast(0 as bigint), cast(0 as bigint), received * self_reported
from (
  select p.account, r.signal, p.self_reported,
    case when p.self_reported = 0 then p.figure * 1000000
      else cast(floor(1e6 * (least(cast(p.figure as double), c.self_reported_limit)
        + c.self_reported_limit * ln(greatest(1e0, cast(p.figure as double) / c.self_reported_limit))) + 5e-1) as bigint)
    end as received
  from (
    select account, network, self_reported, 'followers' as reads, followers as figure
    from latest_profiles where followers is not null
    union all
    select account, network, self_reported, 'lists', lists from latest_profiles where lists is not null
  ) p
  join scales r on r.network = p.network and r.reads = p.reads
  cross join constants c
) profile_figures
