-- How many distinct people reacted to an account.
-- reads: pairs
-- column: account bigint account acted on
-- column: people bigint distinct actors in the window
select target as account, cast(count(*) as bigint) as people
from (select distinct target, actor from pairs) met
group by target
