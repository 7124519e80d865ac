-- Weight of an actor's acts in one signal: attention times trust.
-- reads: pairs, standings, latest_profiles, scales, constants
-- column: actor bigint account that acted
-- column: signal smallint number of the signal
-- column: targets bigint number of accounts that the actor acted on in the window
-- column: attention bigint millionths; 1e6 up to selectivity_accounts targets, then falling with the square root of their number
-- column: trust bigint millionths; from yesterday's strength, otherwise from followers, otherwise trust_unknown; figures that the actor provided do not count
-- column: weight bigint millionths; attention times trust
select actor, signal, targets, attention, trust,
  cast(floor(cast(attention as double) * cast(trust as double) / 1e6 + 5e-1) as bigint) as weight
from (
  select actor, signal, targets,
    cast(floor(1e6 * least(1e0, sqrt(selectivity_accounts / cast(targets as double))) + 5e-1) as bigint) as attention,
    cast(floor(1e6 * case
      when known is null then trust_unknown
      else trust_floor + (1e0 - trust_floor) * least(1e0, ln(1e0 + known) / ln(1e0 + trust_full_strength))
    end + 5e-1) as bigint) as trust
  from (
    select s.actor, s.signal, s.targets, c.selectivity_accounts, c.trust_unknown, c.trust_floor, c.trust_full_strength,
      coalesce(
        case when coalesce(y.self_reported, 0) = 0 then cast(y.strength as double) / 1e9 end,
        case when p.self_reported = 0 then cast(p.followers as double) * r.rate end
      ) as known
    from (select actor, signal, cast(count(*) as bigint) as targets from pairs group by actor, signal) s
    left join standings y on y.account = s.actor
    left join latest_profiles p on p.account = s.actor
    left join scales r on r.network = p.network and r.reads = 'followers'
    cross join constants c
  ) counted
) weighed
