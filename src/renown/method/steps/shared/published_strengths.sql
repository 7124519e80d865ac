-- Strength of an account, as published; trust on the next day is computed from it.
-- view: read only once, when it is written
-- reads: strengths, edition
-- column: day_no integer day, counted from 1970-01-01
-- column: person bigint claimed person if negative, otherwise an account
-- column: account bigint account
-- column: network string network
-- column: strength bigint billionths of a follower-equivalent
-- column: weights bigint sum of the weights of the observable signals, in millionths
-- column: people bigint number of distinct people who reacted
-- column: days bigint number of observed days in the window
-- column: self_reported smallint 1 if any of it comes from figures that the account's owner provided, otherwise 0
-- column: method string version of the method
-- column: inputs string digest of all data that counted
select e.day_no, s.person, s.account, s.network, s.strength, s.weights, s.people, s.days, s.self_reported, e.method, e.inputs
from strengths s
cross join edition e
