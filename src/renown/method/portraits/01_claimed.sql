-- An account that a person claimed, whether they are portrayed or not.
-- reads: claims, accounts
-- column: account bigint account
-- column: person bigint who owns it, below zero
select a.account, max(c.person) as person
from claims c
join accounts a on a.network = c.network and a.account_id = c.account_id
group by a.account
