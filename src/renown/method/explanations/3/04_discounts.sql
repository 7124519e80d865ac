-- What a signal of an account received but counts only in part, by the reason. Reactions count as far as the limit on strangers: nobody known reacts to the actors, or they are not established, or the account reacts to them, too, or is the one through which they are known, or is known through the same accounts, or only the account's own server or owner tells of the acts, or the network tells only their number. Followers count as far as the owner's figures do, and as the reactions bear them.
-- reads: constants, entries, ages, own_pairs, absent, interactions, verbs, standing_periods, unknown_actors, reactions, signals, latest_profiles, accounts, scales, values, estimates
-- column: account bigint account
-- column: signal smallint number of the signal
-- column: reason string strangers, unestablished, friends, vouched, unverified, unknown, self_reported or audience
-- column: acts bigint number of acts; 0 for followers and lists
-- column: actors bigint number of distinct actors; 0 if unknown
-- column: full_worth double millionths of the signal's unit, without the limit
-- column: received double millionths of the signal's unit that count
select d.account, d.signal, d.reason, d.acts, d.actors, d.full_worth,
  d.full_worth * coalesce(cast(r.counted as double) / nullif(cast(r.strangers as double), 0e0), 0e0) as received
from (
  select account, signal, reason, cast(sum(acts) as bigint) as acts, cast(count(distinct actor) as bigint) as actors,
    cast(sum(worth) as double) / 1e3 as full_worth
  from (
    select e.target as account, e.signal, e.actor, e.acts,
      (case when a.age = 0 then e.fresh_worth else e.worth end) * a.weight as worth,
      case when v.unverified = 1 then 'unverified' when s.known = 1 and t.actor is not null then 'vouched' when s.known = 1 then 'friends' when s.trust = -1 then 'unestablished' else 'strangers' end as reason
    from entries e
    join ages a on a.day_no = e.day_no
    left join own_pairs o on o.target = e.target and o.actor = e.actor
    left join absent g on g.account = e.actor
    left join standing_periods s on s.account = e.actor and s.first_day <= e.day_no and e.day_no < s.until_day
    left join (
      select distinct e.day_no, e.target, e.actor
      from entries e
      cross join constants c
      join standing_periods s on s.account = e.actor and (s.voucher <> 0 or s.second_voucher <> 0) and s.first_day <= e.day_no and e.day_no < s.until_day
      left join standing_periods v on v.account = e.target and v.voucher = s.voucher and v.second_voucher = s.second_voucher
        and v.second_voucher <> 0 and v.first_day <= e.day_no and e.day_no - 2 * c.credit_days < v.until_day
      where e.known = 0 and (s.voucher = e.target or s.second_voucher = e.target or v.account is not null)
    ) t on t.day_no = e.day_no and t.target = e.target and t.actor = e.actor
    left join (
      select i.day_no, i.target, i.actor, b.signal, min(case when i.unverified then 1 else 0 end) as unverified
      from interactions i join verbs b on b.verb = i.verb
      group by i.day_no, i.target, i.actor, b.signal
    ) v on v.day_no = e.day_no and v.target = e.target and v.actor = e.actor and v.signal = e.signal
    where e.known = 0 and o.actor is null and g.account is null
  ) reasons
  group by account, signal, reason
  union all
  select account, signal, 'unknown', people - self_reported_people, cast(0 as bigint), cast(received - self_reported as double)
  from unknown_actors where people > self_reported_people
  union all
  select account, signal, 'self_reported', self_reported_people, cast(0 as bigint), cast(self_reported as double)
  from unknown_actors where self_reported_people > 0
) d
left join reactions r on r.account = d.account
union all
select g.account, g.signal, 'self_reported', cast(0 as bigint), cast(0 as bigint), 1e6 * cast(f.figure as double),
  cast(g.received as double)
from (
  select account, 'followers' as reads, followers as figure from latest_profiles where self_reported = 1
  union all
  select account, 'lists', lists from latest_profiles where self_reported = 1
) f
join accounts a on a.account = f.account
join scales c on c.network = a.network and c.reads = f.reads
join signals g on g.account = f.account and g.signal = c.signal
where 1e6 * cast(f.figure as double) > cast(g.received as double)
union all
select g.account, g.signal, 'audience', cast(0 as bigint), cast(0 as bigint), cast(g.received as double),
  cast(g.received as double) * (exp(v.value) - 1e0) / e.followers
from values v
join estimates e on e.account = v.account
join scales c on c.network = e.network and c.reads = v.reads
join signals g on g.account = v.account and g.signal = c.signal
where v.reads = 'followers' and e.followers > exp(v.value) * (1e0 + 1e-9)
