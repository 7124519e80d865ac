-- Credit of an account from each group of seeds, on the evening before the day: what the seeds started with, and what others passed on in the last credit_days days.
-- reads: seeds, flows, constants
-- column: account bigint account
[[-- column: credit_# bigint credit from group #; seed_credit is what a verified person starts with]]
select account, [[cast(sum(credit_#) as bigint) as credit_#]]
from (
  select s.account, [[case when s.seed_group = # then c.seed_credit else 0 end as credit_#]]
  from seeds s cross join constants c
  union all
  select account, [[credit_#]] from flows
) received
group by account
