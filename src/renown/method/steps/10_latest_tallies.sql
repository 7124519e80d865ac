-- The youngest count of an account's post and verb in the window.
-- reads: tallies, ages, verbs
-- column: account bigint account that received
-- column: post string post, empty for the account itself
-- column: verb smallint number of the verb
-- column: signal smallint number of the signal
-- column: count bigint acts, those of known actors among them
-- column: decay bigint millionths, by the age of the tally
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
