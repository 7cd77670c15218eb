-- One row per trigger about second orders.
-- From which to which day after the first order do most second orders come?
with

triggers as (
    select * from {{ ref('triggers') }}
    where trigger_name = 'second_order'
),

occasions as (
    select * from {{ ref('int_purchase_occasions') }}
    where occasion_number = 2
),

gaps as (

    select
        gap_days,
        count(*) as customer_count
    from occasions
    group by 1

),

reached as (

    select
        gap_days,
        cast(sum(customer_count) over (
            order by gap_days asc nulls last
            rows between unbounded preceding and current row
        ) as bigint) as reached_count,
        cast(sum(customer_count) over () as bigint) as second_order_count
    from gaps

),

-- where the quantiles lie among the sorted gaps, the first one at 0; half of what the
-- middle leaves out lies on each side
positions as (

    select
        triggers.trigger_name,
        triggers.minimum_count,
        reached.gap_days,
        reached.reached_count,
        reached.second_order_count,
        {{ rounded(
            'cast(reached.second_order_count - 1 as '
            ~ type_double()
            ~ ') * 0.5 * (1 - triggers.threshold)', 28, 6
        ) }} as first_position,
        {{ rounded(
            'cast(reached.second_order_count - 1 as '
            ~ type_double()
            ~ ') * (1 - 0.5 * (1 - triggers.threshold))', 28, 6
        ) }} as last_position
    from reached
    cross join triggers

),

quantiles as (

    select
        trigger_name,
        minimum_count,
        second_order_count,
        first_position - floor(first_position) as first_part,
        last_position - floor(last_position) as last_part,
        min(
            case when reached_count > floor(first_position) then gap_days end
        ) as first_low,
        min(
            case when reached_count > ceil(first_position) then gap_days end
        ) as first_high,
        min(
            case when reached_count > floor(last_position) then gap_days end
        ) as last_low,
        min(
            case when reached_count > ceil(last_position) then gap_days end
        ) as last_high
    from positions
    group by 1, 2, 3, 4, 5

),

-- between two gaps a quantile lies in proportion, as percentile_cont has it
final as (

    select
        trigger_name,
        second_order_count,
        cast(
            floor(first_low + first_part * (first_high - first_low)) as int
        ) as first_day,
        cast(ceil(last_low + last_part * (last_high - last_low)) as int) as last_day
    from quantiles
    where second_order_count >= minimum_count

)

select * from final
