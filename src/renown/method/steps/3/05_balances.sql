-- Balance of an account in one signal: the entries of the window, weighted by age, by known actors and by strangers.
-- view: it only rounds
-- reads: totals
-- column: account bigint account acted on
-- column: signal smallint number of the signal
-- column: known smallint 1 for known actors, 0 for strangers
-- column: balance bigint millionths of a fully trusted person
-- column: acts bigint number of acts
select account, signal, known, cast(floor(cast(total as double) / 1e3) as bigint) as balance, acts
from totals
