-- Somebody who reacted to a subject, with the trust of an act of theirs now, if anybody trusted stands behind their acts.
-- reads: contributions, standings, owners, claimed, constants
-- column: person bigint subject
-- column: other bigint who reacted: a claimed person if negative, otherwise an account
-- column: trust bigint millionths; 0 for strangers, and for friends, who vouch no more than strangers
select o.person, coalesce(c.person, k.actor) as other,
  max(case when k.known = 0 then 0
    else coalesce(nullif(s.trust, 0), cast(floor(1e6 * n.trust_initial + 5e-1) as bigint)) end) as trust
from contributions k
join owners o on o.account = k.account
cross join constants n
left join (
  select account, trust
  from (
    select h.account, h.known, h.trust, row_number() over (partition by h.account order by h.day_no desc) as place
    from standings h
    cross join constants d
    where h.day_no <= d.day_no
  ) ordered
  where place = 1 and known = 1
) s on s.account = k.actor
left join claimed c on c.account = k.actor
group by o.person, coalesce(c.person, k.actor)
