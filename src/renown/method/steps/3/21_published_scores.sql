-- Score of a person on the day, as published.
-- view: read only once, when it is written
-- reads: scores, members, accounts, edition
-- column: day_no integer day, counted from 1970-01-01
-- column: person bigint claimed person if negative, otherwise an account
-- column: name string name of the person, or network:id of the account
-- column: score double 1 to 100
-- column: strength bigint billionths of a follower-equivalent
-- column: accounts bigint number of scored accounts
-- column: networks bigint number of distinct networks
-- column: people bigint number of people who reacted, summed over accounts
-- column: days bigint number of observed days in the window, of the network with most of them
-- column: verified_score double the score from accounts without figures that their owner provided, for rankings; null if there is none
-- column: audience bigint millionths of a follower, summed over accounts; null if the followers are unknown
-- column: method string version of the method
-- column: inputs string digest of all data that counted
select e.day_no, s.person, coalesce(m.name, concat(a.network, ':', a.account_id)) as name,
  s.score, s.strength, s.accounts, s.networks, s.people, s.days, s.verified_score, s.audience, e.method, e.inputs
from scores s
left join (select person, max(name) as name from members group by person) m on m.person = s.person
left join accounts a on a.account = s.person
cross join edition e
