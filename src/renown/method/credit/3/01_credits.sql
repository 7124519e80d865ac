-- Credit of an account, from one group of seeds, on the evening before the day: what the seeds started with, and what others passed on in the last credit_days days.
-- reads: seeds, flows, constants
-- column: account bigint account
-- column: seed_group smallint group of verified people from whom the credit comes
-- column: credit bigint credit; seed_credit is what a verified person starts with
select account, seed_group, cast(sum(credit) as bigint) as credit
from (
  select s.account, s.seed_group, c.seed_credit as credit from seeds s cross join constants c
  union all
  select account, seed_group, credit from flows
) received
group by account, seed_group
