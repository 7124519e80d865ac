-- What an account received in one signal, as published: everything that counts, without telling known actors from strangers.
-- reads: requested_points
-- column: account bigint account
-- column: signal smallint number of the signal
-- column: received bigint millionths of the signal's unit that count
-- column: known bigint the same
-- column: strangers bigint always 0
-- column: acts bigint always 0: published days do not say how many acts there were
-- column: unknown bigint always 0
-- column: self_reported bigint millionths of the signal's unit, the part of `received` that the account's owner provided
select account, signal, received, received as known, cast(0 as bigint) as strangers, cast(0 as bigint) as acts,
  cast(0 as bigint) as unknown, self_reported
from requested_points
