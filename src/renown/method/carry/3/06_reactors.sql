-- Number of people who reacted to an account: the carried number with its change.
-- reads: carried_reactors, reactor_changes
-- column: account bigint account acted on
-- column: people bigint number of distinct actors
select account, people
from (
  select coalesce(c.account, d.account) as account, coalesce(c.people, 0) + coalesce(d.people, 0) as people
  from carried_reactors c
  full join reactor_changes d on d.account = c.account
) merged
where people > 0
