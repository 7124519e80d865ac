-- What an account received in one signal from known actors.
-- reads: contributions
-- column: account bigint account acted on
-- column: signal smallint number of the signal
-- column: received bigint millionths of a fully trusted person
-- column: people bigint number of distinct actors
select account, signal, cast(sum(received) as bigint) as received, cast(count(*) as bigint) as people
from contributions
group by account, signal
