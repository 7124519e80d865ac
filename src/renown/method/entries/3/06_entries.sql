-- What the acts of one actor on one target in one signal on one day are worth: trust times attention times log2(1 + acts), fixed on that day. Acts between two accounts that act on each other, and acts that only the target's own server tells of, vouch no more than those of strangers. So do acts on the account through which most of the actor's credit came, and acts on accounts whose credit came through the same two accounts as the actor's: nobody vouches for the own fans. Without any seed, and where nobody can be told apart, everybody counts as known; established accounts are presumed to be known on networks of which only the acts on some accounts are read.
-- reads: daily_acts, attentions, reciprocal_days, standing_periods, vouched_pairs, seeds, presumed_accounts, worths, constants
-- column: day_no integer day, counted from 1970-01-01
-- column: target bigint account acted on
-- column: actor bigint account that acted
-- column: signal smallint number of the signal
-- column: known smallint 1 if somebody trusted stands behind the actor, who is no friend; 0 for strangers and friends
-- column: acts integer number of acts
-- column: worth bigint millionths of an act of a fully trusted person, from the next day on
-- column: fresh_worth bigint millionths, on the day itself: acts late in the day count more
select day_no, target, actor, signal, known, acts,
  cast(floor(cast(attention as double) * cast(acts_worth as double) / 1e6 * trust) as bigint) as worth,
  cast(floor(cast(attention as double) * cast(fresh_acts_worth as double) / 1e6 * trust) as bigint) as fresh_worth
from (
  select m.day_no, m.target, m.actor, m.signal, m.acts, m.attention, m.acts_worth, m.fresh_acts_worth,
    case when m.unverified = 1 then c.trust_floor
      when m.is_presumed = 1 then greatest(c.trust_initial, cast(m.trust as double) / 1e6)
      when m.is_known = 1 then cast(m.trust as double) / 1e6
      else c.trust_floor end as trust,
    cast(case when m.unverified = 0 and m.is_friend = 0 and (m.is_known = 1 or m.is_presumed = 1) then 1 else 0 end as smallint)
      as known
  from (
    select d.day_no, d.target, d.actor, d.signal, d.acts, d.unverified, coalesce(a.attention, 1000000) as attention,
      w.worth as acts_worth, f.worth as fresh_acts_worth, coalesce(s.trust, 0) as trust,
      case when r.actor is null then 0 else 1 end as is_friend,
      case when z.seeds = 0 or j.account is not null then 1 else 0 end as is_presumed,
      case when s.known = 1 and v.actor is null then 1 else 0 end as is_known
    from daily_acts d
    cross join constants c
    cross join (select count(*) as seeds from seeds) z
    left join attentions a on a.day_no = d.day_no and a.actor = d.actor and a.signal = d.signal
    join worths w on w.acts = 1000 * least(d.acts, c.pair_acts_limit)
    join worths f on f.acts = least(d.fresh_acts, 1000 * c.pair_acts_limit)
    left join reciprocal_days r on r.day_no = d.day_no and r.target = d.target and r.actor = d.actor
    left join presumed_accounts j on j.account = d.actor and j.first_day <= d.day_no
    left join standing_periods s on s.account = d.actor and s.first_day <= d.day_no and d.day_no < s.until_day
    left join vouched_pairs v on v.day_no = d.day_no and v.target = d.target and v.actor = d.actor
  ) m
  cross join constants c
) weighed
