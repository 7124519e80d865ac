-- One kind of evidence for an account: everything it received of one signal.
-- reads: reactions, unknown_actors, latest_profiles, scales
-- column: account bigint account
-- column: signal smallint number of the signal
-- column: received bigint millionths of the signal's unit: trusted people, followers, lists
select account, signal, cast(sum(received) as bigint) as received
from (
  select account, signal, received from reactions
  union all
  select account, signal, received from unknown_actors
  union all
  select p.account, r.signal, p.followers * 1000000 as received
  from latest_profiles p
  join scales r on r.network = p.network and r.reads = 'followers'
  where p.followers is not null
  union all
  select p.account, r.signal, p.lists * 1000000 as received
  from latest_profiles p
  join scales r on r.network = p.network and r.reads = 'lists'
  where p.lists is not null
) evidence
group by account, signal
