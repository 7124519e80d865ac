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
  select i.target, coalesce(i.post, '') as post, i.verb, cast(count(*) as bigint) as known
  from interactions i
  join ages a on a.day_no = i.day_no
  where exists (
      select 1 from latest_tallies x
      where x.account = i.target and x.post = coalesce(i.post, '') and x.verb = i.verb
    )
    and i.actor <> i.target
    and not exists (select 1 from undone u where u.interaction = i.interaction)
  group by i.target, coalesce(i.post, ''), i.verb
) k on k.target = t.account and k.post = t.post and k.verb = t.verb
group by t.account, t.signal
