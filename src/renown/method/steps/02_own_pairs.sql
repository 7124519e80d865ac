-- Two accounts of one person: what one does to the other does not count.
-- reads: members
-- column: target bigint account
-- column: actor bigint account
select t.account as target, a.account as actor
from members t
join members a on a.person = t.person
where a.account <> t.account
