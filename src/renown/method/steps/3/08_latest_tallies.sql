-- The latest count of acts in the window, by account, post and verb. What an account's owner provided (an archive) counts only while the network itself tells nothing of the account. Where everything on a network is read, an archive counts acts that were observed by name.
-- reads: tallies, latest_profiles, account_coverage, whole_networks, ages, verbs, constants
-- column: account bigint account that received
-- column: post string post id; empty for acts on the account itself
-- column: verb smallint number of the verb
-- column: signal smallint number of the signal
-- column: count bigint number of acts, including those of known actors
-- column: decay bigint weight by the age of the count, in thousandths
-- column: self_reported smallint 1 if the account's owner provided the count, otherwise 0
-- column: observed smallint 0 if acts are counted that could not be observed by name: the verb is not observed of the account; otherwise 1
select account, post, verb, signal, count, decay, self_reported, observed
from (
  select account, post, verb, signal, count, decay, self_reported, observed,
    row_number() over (
      partition by account, post, verb order by self_reported, day_no desc, second desc, count desc
    ) as place
  from (
    select t.account, coalesce(t.post, '') as post, t.verb, v.signal, t.day_no, t.second, a.weight as decay,
      least(greatest(t.count, 0), c.count_limit) as count,
      cast(case when t.self_reported then 1 else 0 end as smallint) as self_reported,
      cast(case when t.count > 0 and k.account is null
        and not (coalesce(t.self_reported, false) and w.network is not null) then 0 else 1 end as smallint) as observed
    from tallies t
    join ages a on a.day_no = t.day_no
    join verbs v on v.verb = t.verb
    left join latest_profiles p on p.account = t.account
    left join whole_networks w on w.network = t.network
    left join (
      select distinct r.account, r.verb
      from account_coverage r
      cross join constants d
      where r.since < 86400 * (cast(d.day_no as bigint) + 1)
    ) k on k.account = t.account and k.verb = t.verb
    cross join constants c
    where not coalesce(t.self_reported, false) or coalesce(p.self_reported, 1) = 1
  ) bounded
) ordered
where place = 1
