-- One row per comparison, segment (or all), metric and arm.
-- How many people, and sums and squares of their outcomes and of those before?
with

measures as (
    select * from {{ ref('int_experiment_measures') }}
    where outcome is not null
),

-- exact sums: the order of rows cannot move a digit
summed as (

    select
        experiment_key,
        segment,
        metric,
        arm,
        is_control,
        count(*) as customer_count,
        count(
            case
                when metric_type = 'rate' and outcome = 1 then 1
                when metric_type != 'rate' and has_bought then 1
            end
        ) as event_count,
        sum(outcome) as outcome_sum,
        sum(cast(outcome as numeric(19, 4)) * outcome) as outcome_square_sum,
        sum(earlier) as earlier_sum,
        sum(cast(earlier as numeric(19, 4)) * earlier) as earlier_square_sum,
        sum(cast(outcome as numeric(19, 4)) * earlier) as product_sum
    from measures
    group by experiment_key, segment, metric, arm, is_control

),

rolled as (

    select * from summed

    union all

    select
        experiment_key,
        'all' as segment,
        metric,
        arm,
        is_control,
        sum(customer_count) as customer_count,
        sum(event_count) as event_count,
        sum(outcome_sum) as outcome_sum,
        sum(outcome_square_sum) as outcome_square_sum,
        sum(earlier_sum) as earlier_sum,
        sum(earlier_square_sum) as earlier_square_sum,
        sum(product_sum) as product_sum
    from summed
    group by experiment_key, metric, arm, is_control

),

final as (

    select
        experiment_key,
        segment,
        metric,
        arm,
        is_control,
        cast(customer_count as bigint) as customer_count,
        cast(event_count as bigint) as event_count,
        cast(outcome_sum as numeric(38, 4)) as outcome_sum,
        cast(outcome_square_sum as numeric(38, 8)) as outcome_square_sum,
        cast(earlier_sum as numeric(38, 4)) as earlier_sum,
        cast(earlier_square_sum as numeric(38, 8)) as earlier_square_sum,
        cast(product_sum as numeric(38, 8)) as product_sum
    from rolled

)

select * from final
