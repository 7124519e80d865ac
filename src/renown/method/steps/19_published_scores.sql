-- A person's score of the day, as it is published.
-- view: read once, when it is written
-- reads: scores, members, accounts, edition
-- column: day_no integer day, counted from 1970-01-01
-- column: person bigint who is scored: below zero a claimed person, else an account
-- column: name string the person's name, else network:id of the account
-- column: score double 1 to 100
-- column: strength bigint billionths of a follower-equivalent
-- column: accounts bigint accounts that were scored
-- column: networks bigint distinct networks
-- column: people bigint people reached, summed over accounts
-- column: days bigint days observed of the window, on the network seen most
-- column: method string version of the method
-- column: inputs string digest of all that counted
select e.day_no, s.person, coalesce(m.name, concat(a.network, ':', a.account_id)) as name,
  s.score, s.strength, s.accounts, s.networks, s.people, s.days, e.method, e.inputs
from scores s
left join (select person, max(name) as name from members group by person) m on m.person = s.person
left join accounts a on a.account = s.person
cross join edition e
