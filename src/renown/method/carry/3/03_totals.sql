-- Everything that an account received in one signal: the carried sums with their changes, the same bits as the sums of all entries.
-- reads: carried_totals, total_changes
-- column: account bigint account acted on
-- column: signal smallint number of the signal
-- column: known smallint 1 for known actors, 0 for strangers
-- column: total bigint billionths of a fully trusted person
-- column: acts bigint number of acts
select account, signal, known, total, acts
from (
  select coalesce(c.account, d.account) as account, coalesce(c.signal, d.signal) as signal, coalesce(c.known, d.known) as known,
    coalesce(c.total, 0) + coalesce(d.total, 0) as total, coalesce(c.acts, 0) + coalesce(d.acts, 0) as acts
  from carried_totals c
  full join total_changes d on d.account = c.account and d.signal = c.signal and d.known = c.known
) merged
where acts > 0
