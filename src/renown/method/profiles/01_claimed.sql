-- An account that a person claimed, of all people.
-- reads: claims, accounts
-- column: account bigint account
-- column: person bigint owner, negative
select a.account, max(c.person) as person
from claims c
join accounts a on a.network = c.network and a.account_id = c.account_id
group by a.account
