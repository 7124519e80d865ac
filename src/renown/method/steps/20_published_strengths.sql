-- One account's strength, as it is published; tomorrow's trust reads it.
-- view: read once, when it is written
-- reads: strengths, edition
-- column: day_no integer day, counted from 1970-01-01
-- column: person bigint who is scored
-- column: account bigint account
-- column: network string network
-- column: strength bigint billionths of a follower-equivalent
-- column: weights bigint millionths; sum of the weights of what could be observed
-- column: people bigint distinct people reached
-- column: days bigint days observed of the window
-- column: method string version of the method
-- column: inputs string digest of all that counted
select e.day_no, s.person, s.account, s.network, s.strength, s.weights, s.people, s.days, e.method, e.inputs
from strengths s
cross join edition e
