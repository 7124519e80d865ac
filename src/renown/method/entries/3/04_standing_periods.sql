-- Days for which an account is known, or not known: from the day on which that changed until the next change.
-- reads: standings
-- column: account bigint account
-- column: first_day integer first day on which it holds
-- column: until_day integer first day on which it does not hold any more
-- column: known smallint 1 if somebody trusted stands behind the account, otherwise 0
-- column: trust bigint millionths; weight of the account's acts
-- column: voucher bigint account through which more than half of its credit came; 0 if there is none
-- column: second_voucher bigint another one; 0 if there is none
select account, day_no as first_day,
  cast(coalesce(lead(day_no) over (partition by account order by day_no), 2147483647) as integer) as until_day, known, trust,
  coalesce(voucher, 0) as voucher, coalesce(second_voucher, 0) as second_voucher
from standings
