-- Credit that the acts of one day pass on to an account, and the accounts through which more than half of it came.
-- view: read once, when it is written
-- reads: received_credits, passed_vouchers
-- column: account bigint account acted on
-- column: voucher bigint account through which more than half of it came; 0 if there is none
-- column: second_voucher bigint another one; 0 if there is none
[[-- column: credit_# bigint credit from group #]]
select r.account, coalesce(v.voucher, 0) as voucher, coalesce(v.second_voucher, 0) as second_voucher, [[r.credit_#]]
from received_credits r
left join passed_vouchers v on v.account = r.account
