-- Target and actor who may have entries in one of the two windows only.
-- reads: left_entries, new_entries, remaining_entries, turned_actors
-- column: target bigint account acted on
-- column: actor bigint account that acted
-- column: was smallint 1 if the pair has an entry on a day that left the window or changed, otherwise 0
-- column: is_new smallint 1 if the pair has an entry on a day that came or changed, otherwise 0
select target, actor, cast(max(was) as smallint) as was, cast(max(is_new) as smallint) as is_new
from (
  select target, actor, 1 as was, 0 as is_new from left_entries
  union all
  select target, actor, 0, 1 from new_entries
  union all
  select r.target, r.actor, 0, 0 from remaining_entries r join turned_actors t on t.actor = r.actor
) sides
group by target, actor
