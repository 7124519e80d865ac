-- Credit that one actor passes on to one account on the day: of the actor's credit, credit_share in credit_days, shared by the prices of the acts. It remembers two accounts through which it came: the vouchers of the actor, and if there are fewer than two, the actor.
-- reads: day_acts, credits, vouchers, prices, constants
-- column: account bigint account acted on
-- column: voucher bigint account through which it came
-- column: second_voucher bigint another one; 0 if there is none
[[-- column: credit_# bigint credit from group #]]
select p.target as account, coalesce(v.voucher, p.actor) as voucher,
  case when v.second_voucher = 0 and v.voucher <> p.actor then p.actor else coalesce(v.second_voucher, 0) end as second_voucher,
  [[cast(floor(c.credit_# * (cast(p.price as double) / cast(t.price as double))) as bigint) as credit_#]]
from (
  select d.actor, d.target, sum(r.price) as price
  from day_acts d join prices r on r.signal = d.signal group by d.actor, d.target
) p
join (
  select d.actor, sum(r.price) as price from day_acts d join prices r on r.signal = d.signal group by d.actor
) t on t.actor = p.actor
join (
  select s.account, [[floor(cast(s.credit_# as double) * k.credit_share / k.credit_days) as credit_#]]
  from credits s cross join constants k
) c on c.account = p.actor
left join vouchers v on v.account = p.actor
