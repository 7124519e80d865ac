-- What an account would have of a value that could not be observed, if its equivalents were a factor of the account's strength.
-- reads: unobserved, strengths, estimates, curves, scales, constants
-- column: account bigint account
-- column: reads string followers, lists or interactions
-- column: bound smallint 0 for the lower factor, 1 for the higher one
-- column: value double followers, lists, or reposts of a fully trusted person
select e.account, e.reads, e.bound,
  coalesce(case when e.reads = 'followers' then e.equivalent / e.rate
    else exp(v.log_value + (ln(nullif(e.equivalent, 0e0)) - v.log_equivalent) / v.slope) end, 0e0) as value
from (
  select u.account, u.reads, u.bound, s.network, r.rate,
    least(c.strength_limit, greatest(0e0, u.factor * (1e0 + cast(s.strength as double) / 1e9) - 1e0 - case u.reads
      when 'lists' then least(coalesce(t.followers, 0e0), c.presumed_lists)
      when 'interactions' then least(coalesce(t.followers, t.lists, 0e0), c.presumed_reactions)
      else 0e0 end)) as equivalent
  from unobserved u
  join strengths s on s.account = u.account
  join (select network, reads, max(rate) as rate from scales group by network, reads) r
    on r.network = s.network and r.reads = u.reads
  left join estimates t on t.account = u.account
  cross join constants c
  where s.strength > 0
) e
left join curves v on v.network = e.network
  and v.curve = case when e.reads = 'lists' then 'lists' else 'reactions' end
  and e.reads <> 'followers' and e.equivalent > 0e0
  and (v.from_value = 0e0 or ln(e.equivalent) >= v.log_equivalent)
  and ln(e.equivalent) < v.log_equivalent + v.slope * (ln(v.until_value) - v.log_value)
