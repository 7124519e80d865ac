-- Standing of an account that somebody trusted stands behind: credit reaches it from enough groups of seeds, which no single group can bring about. Seeds are known. Its trust comes from the latest published strength.
-- reads: credits, vouchers, seeds, strengths_before, constants
-- column: account bigint account
-- column: known smallint always 1
-- column: trust bigint millionths, in steps of trust_step; weight of the account's acts
-- column: voucher bigint account through which more than half of its credit came; its acts on that account are those of a stranger. 0 if there is none
-- column: second_voucher bigint another one
select n.account, cast(1 as smallint) as known,
  cast(floor(1e6 * greatest(c.trust_lowest, c.trust_step * floor((case when s.strength is null then c.trust_initial
    else c.trust_lowest + (1e0 - c.trust_lowest)
      * power(least(1e0, ln(1e0 + cast(s.strength as double) / 1e9) / ln(1e0 + c.trust_full_strength)), c.trust_exponent)
    end) / c.trust_step)) + 5e-1) as bigint) as trust,
  coalesce(v.voucher, 0) as voucher, coalesce(v.second_voucher, 0) as second_voucher
from (
  select r.account
  from credits r
  cross join constants k
  cross join (select floor((cast(count(distinct seed_group) as double) + 1e0) / 2e0) as half from seeds) g
  where [[+case when r.credit_# >= k.known_credit then 1e0 else 0e0 end]] >= greatest(1e0, least(k.vouching_groups, g.half))
  union
  select account from seeds
) n
left join vouchers v on v.account = n.account
left join strengths_before s on s.account = n.account
cross join constants c
