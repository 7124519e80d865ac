-- An account that does not exist any more (deactivated, suspended, taken down, deleted or opted out).
-- reads: presence
-- column: account bigint account
select account
from (
  select account, present,
    row_number() over (partition by account order by day_no desc, second desc, present desc) as place
  from presence
) ordered
where place = 1 and not present
