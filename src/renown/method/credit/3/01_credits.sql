-- Credit of an account, from one group of seeds, on the evening before the day: what the seeds started with, and what others passed on in the last credit_days days.
-- reads: seeds, flows, constants
-- column: account bigint account
-- column: seed_group smallint group of verified people from whom the credit comes
-- column: voucher bigint account through which it came first, see vouchers; 0 if there is none
-- column: second_voucher bigint account through which it came next; 0 if there is none
-- column: credit bigint credit; seed_credit is what a verified person starts with
select account, seed_group, voucher, second_voucher, cast(sum(credit) as bigint) as credit
from (
  select s.account, s.seed_group, cast(0 as bigint) as voucher, cast(0 as bigint) as second_voucher, c.seed_credit as credit
  from seeds s cross join constants c
  union all
  select account, seed_group, coalesce(voucher, 0), coalesce(second_voucher, 0), credit from flows
) received
group by account, seed_group, voucher, second_voucher
