-- Accounts that count as known without credit, from a day on. On networks of which only the acts on some accounts are read, credit cannot flow: there, established accounts are known. Where nobody looks at those who act, nobody can be told apart, and everybody is known.
-- reads: accounts, coverage, established_accounts
-- column: account bigint account
-- column: first_day integer first day on which its acts are those of a known account
select a.account, cast(0 as integer) as first_day
from accounts a
left join (select distinct network from coverage where verb in (-1, 0)) j on j.network = a.network
where j.network is null
union all
select account, first_day from established_accounts
