-- Points that one signal of one account of a claimed person adds to a score, as published; those of unclaimed accounts are computed again when somebody asks.
-- view: read only once, when it is written
-- reads: points, scales, edition
-- column: day_no integer day, counted from 1970-01-01
-- column: person bigint claimed person if negative, otherwise an account
-- column: network string network
-- column: account bigint account
-- column: signal string name of the signal
-- column: received bigint millionths of the signal's unit
-- column: value double ln(1 + follower-equivalents), see step values
-- column: weight bigint millionths, before renormalizing
-- column: points double points of the score
-- column: self_reported bigint millionths of the signal's unit, the part of `received` that the account's owner provided
-- column: method string version of the method
-- column: inputs string digest of all data that counted
select e.day_no, p.person, p.network, p.account, r.name as signal, p.received, p.value, p.weight, p.points, p.self_reported,
  e.method, e.inputs
from points p
join scales r on r.network = p.network and r.signal = p.signal
cross join edition e
