-- Attention of an actor on a day on which they acted on more than attention_accounts accounts: it falls with the square root of their number. Everybody else has full attention.
-- reads: daily_acts, constants
-- column: day_no integer day, counted from 1970-01-01
-- column: actor bigint account that acted
-- column: signal smallint number of the signal
-- column: attention bigint millionths
select counted.day_no, actor, signal,
  cast(floor(1e6 * sqrt(c.attention_accounts / cast(targets as double)) + 5e-1) as bigint) as attention
from (select day_no, actor, signal, count(*) as targets from daily_acts group by day_no, actor, signal) counted
cross join constants c
where cast(targets as double) > c.attention_accounts
