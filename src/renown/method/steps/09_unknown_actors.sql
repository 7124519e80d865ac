-- What an account received of one signal from actors known only as a number.
-- reads: latest_tallies, interactions, undone, ages, worths, constants
-- column: account bigint account that received
-- column: signal smallint number of the signal
-- column: received bigint millionths of a fully trusted person
-- column: people bigint acts of unknown actors
select t.account, t.signal,
  cast(sum(greatest(t.count - coalesce(k.known, 0), 0)
    * cast(floor(c.trust_unknown * cast(w.worth as double)) as bigint)) as bigint) as received,
  cast(sum(greatest(t.count - coalesce(k.known, 0), 0)) as bigint) as people
from latest_tallies t
cross join constants c
join worths w on w.acts = cast(floor(cast(t.decay as double) / 1e3) as integer)
left join (
  select x.account, x.post, x.verb, cast(count(*) as bigint) as known
  from latest_tallies x
  join interactions i on i.target = x.account and i.verb = x.verb and coalesce(i.post, '') = x.post
  join ages a on a.day_no = i.day_no
  left join undone u on u.interaction = i.interaction
  where i.actor <> i.target and u.interaction is null
  group by x.account, x.post, x.verb
) k on k.account = t.account and k.post = t.post and k.verb = t.verb
group by t.account, t.signal
