-- Number of people who reacted to an account, of whom no departure or return is known: from the day on which that number changed until the next change.
-- reads: reactor_spans
-- column: account bigint account acted on
-- column: first_day integer first day on which the number holds
-- column: until_day integer first day on which it does not hold any more
-- column: people bigint number of distinct actors in the window
select account, day_no as first_day,
  cast(coalesce(lead(day_no) over (partition by account order by day_no), 2147483647) as integer) as until_day,
  cast(sum(change) over (partition by account order by day_no rows between unbounded preceding and current row) as bigint) as people
from (
  select account, day_no, cast(sum(change) as bigint) as change
  from (
    select account, first_day as day_no, 1 as change from reactor_spans
    union all
    select account, until_day, -1 from reactor_spans
  ) changes
  group by account, day_no
) summed
