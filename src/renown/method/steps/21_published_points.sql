-- What one signal of one account adds to a score, as it is published.
-- view: read once, when it is written
-- reads: points, scales, edition
-- column: day_no integer day, counted from 1970-01-01
-- column: person bigint who is scored
-- column: network string network
-- column: account bigint account
-- column: signal string name of the signal
-- column: received bigint millionths of the signal's unit
-- column: value double ln(1 + follower-equivalents), as step values says
-- column: weight bigint millionths, before renormalising
-- column: points double points of score
-- column: method string version of the method
-- column: inputs string digest of all that counted
select e.day_no, p.person, p.network, p.account, r.name as signal, p.received, p.value, p.weight, p.points, e.method, e.inputs
from points p
join scales r on r.network = p.network and r.signal = p.signal
cross join edition e
