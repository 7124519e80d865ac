-- What an account received in one signal from unknown actors.
-- reads: unknown_acts
-- column: account bigint account that received
-- column: signal smallint number of the signal
-- column: received bigint millionths of a fully trusted person
-- column: people bigint number of acts of unknown actors
select account, signal, cast(sum(received) as bigint) as received, cast(sum(people) as bigint) as people
from unknown_acts
group by account, signal
