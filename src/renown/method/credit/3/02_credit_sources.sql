-- Credit of an account that came through another account, in any number of steps, if that is among the two that credit remembers.
-- view: read once, by vouchers
-- reads: flows
-- column: account bigint account
-- column: source bigint account through which the credit came
-- column: credit bigint credit of all groups
select account, source, cast(sum(credit) as bigint) as credit
from (
  select account, voucher as source, [[+credit_#]] as credit from flows where voucher <> 0
  union all
  select account, second_voucher, [[+credit_#]] from flows where second_voucher <> 0
) received
group by account, source
