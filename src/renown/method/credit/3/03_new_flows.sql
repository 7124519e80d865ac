-- Credit that the acts of one day pass on: of the credit of its actor, credit_share in credit_days, shared by the prices of the acts.
-- reads: day_acts, credits, prices, constants
-- column: account bigint account acted on
-- column: seed_group smallint group of verified people from whom the credit comes
-- column: credit bigint credit passed on to the account
select target as account, seed_group, cast(sum(credit) as bigint) as credit
from (
  select p.target, c.seed_group,
    cast(floor(floor(cast(c.credit as double) * k.credit_share / k.credit_days) * (cast(p.price as double) / cast(t.price as double)))
      as bigint) as credit
  from (
    select d.actor, d.target, sum(r.price) as price
    from day_acts d join prices r on r.signal = d.signal group by d.actor, d.target
  ) p
  join (
    select d.actor, sum(r.price) as price from day_acts d join prices r on r.signal = d.signal group by d.actor
  ) t on t.actor = p.actor
  join credits c on c.account = p.actor
  cross join constants k
) passed
where credit > 0
group by target, seed_group
