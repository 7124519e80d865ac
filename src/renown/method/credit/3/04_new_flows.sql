-- Credit that the acts of one day pass on: of the credit of its actor, credit_share in credit_days, shared by the prices of the acts. It remembers the first two accounts through which it came: the vouchers of the actor, and then the actor.
-- reads: day_acts, credits, vouchers, prices, constants
-- column: account bigint account acted on
-- column: seed_group smallint group of verified people from whom the credit comes
-- column: voucher bigint account through which more than half of it came first; 0 if there is none
-- column: second_voucher bigint account through which more than half of it came next; 0 if there is none
-- column: credit bigint credit passed on to the account
select account, seed_group,
  case when 2 * max(credit) > sum(credit) then max_by(voucher, credit) else 0 end as voucher,
  case when 2 * max_by(second_credit, credit) > sum(credit) then max_by(second_voucher, credit) else 0 end as second_voucher,
  cast(sum(credit) as bigint) as credit
from (
  select account, seed_group, voucher, sum(credit) as credit, max_by(second_voucher, credit) as second_voucher,
    max(credit) as second_credit
  from (
    select target as account, seed_group, voucher, second_voucher, sum(credit) as credit
    from (
      select p.target, c.seed_group, coalesce(v.voucher, p.actor) as voucher,
        case when v.voucher is null then 0 when v.second_voucher = 0 and v.voucher <> p.actor then p.actor
          else v.second_voucher end as second_voucher,
        cast(floor(floor(cast(c.credit as double) * k.credit_share / k.credit_days) * (cast(p.price as double) / cast(t.price as double)))
          as bigint) as credit
      from (
        select d.actor, d.target, sum(r.price) as price
        from day_acts d join prices r on r.signal = d.signal group by d.actor, d.target
      ) p
      join (
        select d.actor, sum(r.price) as price from day_acts d join prices r on r.signal = d.signal group by d.actor
      ) t on t.actor = p.actor
      join (
        select account, seed_group, cast(sum(credit) as bigint) as credit from credits group by account, seed_group
      ) c on c.account = p.actor
      left join vouchers v on v.account = p.actor
      cross join constants k
    ) passed
    where credit > 0
    group by target, seed_group, voucher, second_voucher
  ) paths
  group by account, seed_group, voucher
) sources
group by account, seed_group
