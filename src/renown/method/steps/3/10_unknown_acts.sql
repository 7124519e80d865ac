-- What one post received by one verb from unknown actors: the count minus the acts of known actors. A counted act whose actor becomes known may be older than the count, or of the early hours of the scored day: what it weighs less stays with the count, so that a name never lowers anybody.
-- view: read once by unknown_actors, and by explanations for one account
-- reads: latest_tallies, countable, constants
-- column: account bigint account that received
-- column: post string post id; empty for acts on the account itself
-- column: signal smallint number of the signal
-- column: received bigint millionths of a fully trusted person
-- column: people bigint number of acts of unknown actors
-- column: self_reported smallint 1 if the account's owner provided the count, otherwise 0
-- column: observed smallint 0 if acts are counted that could not be observed by name, otherwise 1
select t.account, t.post, t.signal,
  cast(floor(1e3 * c.trust_floor * least(
    cast(t.count as double) * cast(t.decay as double),
    cast(greatest(t.count - coalesce(k.acts, 0), 0) as double) * cast(t.decay as double) + cast(coalesce(k.lost, 0) as double)
  )) as bigint) as received,
  greatest(t.count - coalesce(k.acts, 0), 0) as people,
  t.self_reported, t.observed
from latest_tallies t
cross join constants c
left join (
  select x.account, x.post, x.verb, cast(count(*) as bigint) as acts,
    cast(sum(greatest(x.decay - i.decay, 0)) as bigint) as lost
  from latest_tallies x
  join countable i on i.target = x.account and i.verb = x.verb and i.post = x.post
  group by x.account, x.post, x.verb
) k on k.account = t.account and k.post = t.post and k.verb = t.verb
