-- Accounts through which more than half of an account's credit came, in any number of steps: nobody vouches for their own fans. The two through which most came, in order of their keys.
-- reads: credits, credit_sources
-- column: account bigint account
-- column: voucher bigint account through which it came
-- column: second_voucher bigint another one; 0 if there is none
select account, min(source) as voucher, case when count(*) = 2 then max(source) else 0 end as second_voucher
from (
  select s.account, s.source, row_number() over (partition by s.account order by s.credit desc, s.source) as place
  from credit_sources s
  join (select account, [[+credit_#]] as credit from credits) c on c.account = s.account
  where 2 * s.credit > c.credit
) largest
where place <= 2
group by account
