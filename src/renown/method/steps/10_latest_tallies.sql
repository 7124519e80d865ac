-- The latest count of acts in the window, by account, post and verb.
-- reads: tallies, ages, verbs
-- column: account bigint account that received
-- column: post string post id; empty for acts on the account itself
-- column: verb smallint number of the verb
-- column: signal smallint number of the signal
-- column: count bigint number of acts, including those of known actors
-- column: decay bigint weight by the age of the count, in millionths
select account, post, verb, signal, count, decay
from (
  select t.account, coalesce(t.post, '') as post, t.verb, v.signal, t.count, a.decay,
    row_number() over (
      partition by t.account, coalesce(t.post, ''), t.verb order by t.day_no desc, t.second desc, t.count desc
    ) as place
  from tallies t
  join ages a on a.day_no = t.day_no
  join verbs v on v.verb = t.verb
) ordered
where place = 1
