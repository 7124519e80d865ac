-- An account that somebody claimed.
-- reads: claims, accounts
-- column: account bigint account
-- column: person bigint who owns it, below zero
-- column: name string the person's name
select a.account, c.person, max(c.name) as name
from claims c
join accounts a on a.network = c.network and a.account_id = c.account_id
group by a.account, c.person
