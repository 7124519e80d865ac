-- Entries of one day on one account, summed over the actors of whom no departure or return is known; the others, who may be absent on some of the days, keep a row each. Acts between accounts of the same person are left out.
-- reads: claimed_entries, own_pairs, known_presence
-- column: day_no integer day, counted from 1970-01-01
-- column: target bigint account acted on
-- column: actor bigint account that acted; null for the sum over the actors of whom no departure or return is known
-- column: signal smallint number of the signal
-- column: known smallint 1 for known actors, 0 for strangers
-- column: acts bigint number of acts
-- column: worth bigint millionths of an act of a fully trusted person, from the next day on
-- column: fresh_worth bigint millionths, on the day itself
select e.day_no, e.target, p.account as actor, e.signal, e.known,
  cast(sum(e.acts) as bigint) as acts, cast(sum(e.worth) as bigint) as worth,
  cast(sum(e.fresh_worth) as bigint) as fresh_worth
from claimed_entries e
left join own_pairs o on o.target = e.target and o.actor = e.actor
left join (select distinct account from known_presence) p on p.account = e.actor
where o.actor is null
group by e.day_no, e.target, p.account, e.signal, e.known
