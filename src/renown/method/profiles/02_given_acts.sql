-- Acts of a subject on somebody else, by verb and day of the window; only verbs that a signal reads, without undone acts.
-- reads: interactions, undone, ages, verbs, owners, claimed
-- column: person bigint subject who acted
-- column: other bigint who was acted on: a claimed person if negative, otherwise an account
-- column: verb smallint number of the verb
-- column: day_no integer day, counted from 1970-01-01
-- column: acts bigint number of acts
select o.person, coalesce(c.person, i.target) as other, i.verb, i.day_no, cast(count(*) as bigint) as acts
from interactions i
join owners o on o.account = i.actor
join ages a on a.day_no = i.day_no
join verbs v on v.verb = i.verb
left join undone u on u.interaction = i.interaction
left join claimed c on c.account = i.target
where u.interaction is null and i.target <> i.actor and coalesce(c.person, i.target) <> o.person
group by o.person, coalesce(c.person, i.target), i.verb, i.day_no
