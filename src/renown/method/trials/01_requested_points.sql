-- Published points row of one signal of one account, of the requested people.
-- reads: published_points, requested_people, scales
-- column: account bigint account
-- column: network string network
-- column: signal smallint number of the signal
-- column: reads string kind of data that the signal reads
-- column: rate double follower-equivalents per unit received
-- column: received bigint millionths of the signal's unit
-- column: value double ln(1 + follower-equivalents), see step values
-- column: self_reported bigint millionths of the signal's unit, the part of `received` that the account's owner provided
select p.account, p.network, r.signal, r.reads, r.rate, p.received, p.value, coalesce(p.self_reported, 0) as self_reported
from published_points p
join requested_people a on a.person = p.person
join scales r on r.network = p.network and r.name = p.signal
