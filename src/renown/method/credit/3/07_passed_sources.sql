-- Credit that the acts of the day pass on to an account through another account.
-- view: read once, by passed_vouchers
-- reads: passed_credits
-- column: account bigint account acted on
-- column: source bigint account through which the credit came
-- column: credit bigint credit of all groups
select account, source, cast(sum(credit) as bigint) as credit
from (
  select account, voucher as source, [[+credit_#]] as credit from passed_credits
  union all
  select account, second_voucher, [[+credit_#]] from passed_credits where second_voucher <> 0
) passed
group by account, source
