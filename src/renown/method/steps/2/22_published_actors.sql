-- Weight of an actor's acts in one signal, as published; explanations compute contributions from it.
-- view: read only once, when it is written
-- reads: actors, edition
-- column: day_no integer day, counted from 1970-01-01
-- column: actor bigint account that acted
-- column: signal smallint number of the signal
-- column: targets bigint number of accounts that the actor acted on in the window
-- column: attention bigint millionths
-- column: trust bigint millionths
-- column: weight bigint millionths; attention times trust
-- column: method string version of the method
-- column: inputs string digest of all data that counted
select e.day_no, a.actor, a.signal, a.targets, a.attention, a.trust, a.weight, e.method, e.inputs
from actors a
cross join edition e
