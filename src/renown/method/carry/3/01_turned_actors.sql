-- Actor who is absent, or acts on an account of the same person, on one of the two days only.
-- reads: absent, absent_before, own_pairs, own_pairs_before
-- column: actor bigint account that acted
select account as actor from (
  (select account from absent except select account from absent_before)
  union
  (select account from absent_before except select account from absent)
) absences
union
select actor from (
  (select target, actor from own_pairs except select target, actor from own_pairs_before)
  union
  (select target, actor from own_pairs_before except select target, actor from own_pairs)
) pairs
