-- Two accounts of the same person: acts of one on the other do not count.
-- reads: members
-- column: target bigint account acted on
-- column: actor bigint account that acted
select t.account as target, a.account as actor
from members t
join members a on a.person = t.person
where a.account <> t.account
