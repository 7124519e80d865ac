-- Somebody who reacted to a subject, with their trust.
-- reads: contributions, actors, owners, claimed
-- column: person bigint subject
-- column: other bigint who reacted: a claimed person if negative, otherwise an account
-- column: trust bigint millionths
select o.person, coalesce(c.person, k.actor) as other, max(a.trust) as trust
from contributions k
join owners o on o.account = k.account
join actors a on a.actor = k.actor and a.signal = k.signal
left join claimed c on c.account = k.actor
group by o.person, coalesce(c.person, k.actor)
