-- An account that a person claimed.
-- reads: claims, accounts
-- column: account bigint account
-- column: person bigint owner, negative
-- column: name string name of the person
select a.account, c.person, max(c.name) as name
from claims c
join accounts a on a.network = c.network and a.account_id = c.account_id
group by a.account, c.person
