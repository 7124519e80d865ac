-- An actor who is known on a day through the target, or through the same two accounts as the target in the last two times credit_days: so long ago, credit may have passed through an account in between.
-- reads: daily_acts, standing_periods, constants
-- column: day_no integer day, counted from 1970-01-01
-- column: target bigint account acted on
-- column: actor bigint account that acted
select distinct d.day_no, d.target, d.actor
from daily_acts d
cross join constants c
join standing_periods s on s.account = d.actor and (s.voucher <> 0 or s.second_voucher <> 0) and s.first_day <= d.day_no and d.day_no < s.until_day
left join standing_periods v on v.account = d.target and v.voucher = s.voucher and v.second_voucher = s.second_voucher
  and v.second_voucher <> 0 and v.first_day <= d.day_no and d.day_no - 2 * c.credit_days < v.until_day
where s.voucher = d.target or s.second_voucher = d.target or v.account is not null
