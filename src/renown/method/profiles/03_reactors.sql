-- Somebody who reacted to a subject, with their trust.
-- reads: contributions, actors, owners, claimed
-- column: person bigint subject
-- column: other bigint who reacted: a claimed person if negative, otherwise an account
-- column: trust bigint millionths; 0 if only the subject's own server tells of their acts
select o.person, coalesce(c.person, k.actor) as other, max(case when k.unverified = 1 then 0 else a.trust end) as trust
from contributions k
join owners o on o.account = k.account
join actors a on a.actor = k.actor and a.signal = k.signal
left join claimed c on c.account = k.actor
group by o.person, coalesce(c.person, k.actor)
