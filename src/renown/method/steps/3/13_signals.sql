-- Everything that an account received in one signal, from known actors, strangers and unknown actors, or from its profile. Reactions by signal are needed for receipts, and where the owner provided counts; the value of the reactions is computed from all of them together. Followers and lists that the account's owner provided count in full up to self_reported_limit and self_reported_lists_limit, beyond it with the logarithm.
-- reads: balances, unknown_actors, reactions, members, receipt_accounts, latest_profiles, scales, constants
-- column: account bigint account
-- column: signal smallint number of the signal
-- column: received bigint millionths of the signal's unit that count: acts of fully trusted people, followers, lists
-- column: known bigint millionths, the part of `received` by known actors
-- column: strangers bigint millionths by strangers and unknown actors, before their limit
-- column: acts bigint number of acts by actors with a name
-- column: unknown bigint number of acts of unknown actors
-- column: self_reported bigint millionths of the signal's unit, the part of `received` that the account's owner provided
select s.account, s.signal,
  s.known + cast(floor(cast(s.strangers as double) * share) as bigint) as received,
  s.known, s.strangers, s.acts, s.unknown,
  cast(floor(cast(s.self_reported as double) * share) as bigint) as self_reported
from (
  select kinds.account, kinds.signal,
    cast(sum(known) as bigint) as known,
    cast(sum(strangers) as bigint) as strangers,
    cast(sum(acts) as bigint) as acts, cast(max(unknown) as bigint) as unknown,
    cast(max(self_reported) as bigint) as self_reported
  from (
    select account, signal, case when known = 1 then balance else 0 end as known,
      case when known = 0 then balance else 0 end as strangers, acts, 0 as unknown, 0 as self_reported
    from balances
    union all
    select account, signal, 0, received, 0, people, self_reported from unknown_actors
  ) kinds
  join (
    select account from members
    union
    select account from receipt_accounts
    union
    select account from unknown_actors where self_reported > 0
  ) d on d.account = kinds.account
  group by kinds.account, kinds.signal
) s
join (
  select account, coalesce(cast(counted as double) / nullif(cast(strangers as double), 0e0), 0e0) as share from reactions
) r on r.account = s.account
union all
select account, signal, received, received * (1 - self_reported), received * self_reported, 0, 0, received * self_reported
from (
  select p.account, r.signal, p.self_reported,
    case when p.self_reported = 0 then p.figure * 1000000
      else cast(floor(1e6 * (least(cast(p.figure as double), p.full_figure)
        + p.full_figure * ln(greatest(1e0, cast(p.figure as double) / p.full_figure))) + 5e-1) as bigint)
    end as received
  from (
    select account, network, self_reported, 'followers' as reads, followers as figure, self_reported_limit as full_figure
    from latest_profiles cross join constants where followers is not null
    union all
    select account, network, self_reported, 'lists', lists, self_reported_lists_limit
    from latest_profiles cross join constants where lists is not null
  ) p
  join scales r on r.network = p.network and r.reads = p.reads
) profile_figures
