-- Share of one signal in the value that it is a part of: reactions by price times what counts of them, whole numbers so that sums do not depend on the order. Only for accounts of people, and for others whose receipt is asked for.
-- reads: signals, reactions, accounts, scales, members, receipt_accounts
-- column: account bigint account
-- column: signal smallint number of the signal
-- column: reads string followers, lists or interactions
-- column: share bigint trillionths, before they are divided by their sum over the signals of the value
select account, signal, reads, share
from (
  select g.account, g.signal, r.reads,
    case when r.reads <> 'interactions' then cast(1 as bigint) else coalesce(cast(floor(1e12 * r.rate * (
      cast(g.known as double)
      + cast(g.strangers as double) * coalesce(cast(q.counted as double) / nullif(cast(q.strangers as double), 0e0), 0e0)
    ) / nullif(cast(q.known as double) + cast(q.counted as double), 0e0)) as bigint), 0) end as share
  from (select account from members union select account from receipt_accounts) x
  join signals g on g.account = x.account
  join accounts a on a.account = g.account
  join scales r on r.network = a.network and r.signal = g.signal
  left join reactions q on q.account = g.account
) divided
where share > 0
