-- How much an actor's act weighed, as it is published; receipts name actors from it.
-- view: read once, when it is written
-- reads: actors, edition
-- column: day_no integer day, counted from 1970-01-01
-- column: actor bigint account that acted
-- column: acts bigint its acts in the window
-- column: attention bigint millionths
-- column: trust bigint millionths
-- column: weight bigint millionths; attention times trust
-- column: method string version of the method
-- column: inputs string digest of all that counted
select e.day_no, a.actor, a.acts, a.attention, a.trust, a.weight, e.method, e.inputs
from actors a
cross join edition e
