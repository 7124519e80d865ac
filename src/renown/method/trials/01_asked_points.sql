-- What one signal of one account of somebody asked for was published with.
-- reads: published_points, asked, scales
-- column: account bigint account
-- column: network string network
-- column: signal smallint number of the signal
-- column: reads string figure that the signal reads
-- column: rate double follower-equivalents per unit received
-- column: received bigint millionths of the signal's unit
-- column: value double ln(1 + follower-equivalents), as step values says
select p.account, p.network, r.signal, r.reads, r.rate, p.received, p.value
from published_points p
join asked a on a.person = p.person
join scales r on r.network = p.network and r.name = p.signal
