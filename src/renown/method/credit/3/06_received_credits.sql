-- Credit that the acts of the day pass on to an account, from each group of seeds.
-- reads: passed_credits
-- column: account bigint account acted on
[[-- column: credit_# bigint credit from group #]]
select account, [[cast(sum(credit_#) as bigint) as credit_#]]
from passed_credits
group by account
having sum([[+credit_#]]) > 0
