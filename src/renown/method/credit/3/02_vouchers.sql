-- Accounts through which more than half of an account's credit came, in any number of steps: nobody vouches for their own fans.
-- view: read for the actors of a day, and for the accounts that are known
-- reads: credits
-- column: account bigint account
-- column: voucher bigint account through which it came first
-- column: second_voucher bigint account through which it came next; 0 if there is none
select account, max_by(voucher, credit) as voucher,
  case when 2 * max_by(second_credit, credit) > sum(credit) then max_by(second_voucher, credit) else 0 end as second_voucher
from (
  select account, voucher, sum(credit) as credit, max_by(second_voucher, credit) as second_voucher, max(credit) as second_credit
  from (
    select account, voucher, second_voucher, sum(credit) as credit from credits group by account, voucher, second_voucher
  ) paths
  group by account, voucher
) sources
group by account
having 2 * max(credit) > sum(credit) and max_by(voucher, credit) <> 0
