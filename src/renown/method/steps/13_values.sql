-- A signal on the scale of follower-equivalents, and what it adds to the mean.
-- reads: signals, accounts, scales, constants
-- column: account bigint account
-- column: network string network
-- column: signal smallint number of the signal
-- column: received bigint millionths of the signal's unit
-- column: people bigint distinct known actors
-- column: value double ln(1 + follower-equivalents); reactions without those that may be chance, lists with those presumed
-- column: weight bigint millionths of the signal's weight, before renormalising
-- column: own_weight bigint the weight, where it was observed for this account alone (a figure of its profile), else 0
-- column: part bigint value times weight, in 1e-12; what presumed lists give is the followers' part
select account, network, signal, received, people, value, weight,
  case when reads = 'interactions' then cast(0 as bigint) else weight end as own_weight,
  cast(floor(1e6 * case
    when reads = 'followers' then cast(weight as double) * value + cast(lists_weight as double) * ln(1e0 + presumed)
    when reads = 'lists' then cast(weight as double) * (value - ln(1e0 + presumed))
    else cast(weight as double) * value
  end + 5e-1) as bigint) as part
from (
  select account, network, signal, received, people, weight, reads, lists_weight, presumed,
    case
      when reads = 'lists' then ln(1e0 + equivalents + presumed)
      when reads = 'followers' then ln(1e0 + equivalents)
      else ln(1e0 + equivalents * coalesce(greatest(0e0, reacted - chance_people) / nullif(reacted, 0e0), 0e0))
    end as value
  from (
    select account, network, signal, received, people, weight, reads, equivalents, chance_people,
      cast(sum(reacted) over account_rows as double) as reacted,
      max(case when reads = 'lists' then weight else 0 end) over account_rows as lists_weight,
      least(
        max(case when reads = 'followers' then equivalents else 0e0 end) over account_rows,
        max(case when reads = 'lists' then presumed_lists * rate else 0e0 end) over account_rows
      ) as presumed
    from (
      select s.account, a.network, s.signal, s.received, s.people, s.people + s.unknown as reacted,
        r.weight, r.reads, r.rate, cast(s.received as double) / 1e6 * r.rate as equivalents,
        c.chance_people, c.presumed_lists
      from signals s
      join accounts a on a.account = s.account
      join scales r on r.network = a.network and r.signal = s.signal
      cross join constants c
    ) scaled
    window account_rows as (partition by account)
  ) accounted
) valued
