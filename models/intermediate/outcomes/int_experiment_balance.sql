-- One row per comparison and segment (or all).
-- Did the arms come out as large as they were planned?
with

plan as (
    select * from {{ ref('int_experiment_plan') }}
),

floats as (

    select
        experiment_key,
        segment,
        assigned_count,
        is_plan_known,
        {{ as_float('expected_count') }} as expected_count
    from plan

),

-- people in an arm that was to have none are as far from the plan as can be
summed as (

    select
        experiment_key,
        segment,
        count(*) as arm_count,
        {{ dbt.bool_or('is_plan_known') }} as is_plan_known,
        {{ dbt.bool_or('expected_count <= 0 and assigned_count > 0') }}
            as has_unplanned,
        min({{ safe_divide('assigned_count', 'expected_count') }}) as smallest_ratio,
        max({{ safe_divide('assigned_count', 'expected_count') }}) as largest_ratio,
        {{ exact_sum(safe_divide(
            '(assigned_count - expected_count) * (assigned_count - expected_count)',
            'expected_count'
        )) }} as chi_square
    from floats
    group by experiment_key, segment

),

tested as (

    select
        *,
        case
            when has_unplanned then 0
            else {{ chi_square_above('chi_square', '(arm_count - 1)') }}
        end as p_value
    from summed

),

-- a split far from even was meant to be uneven: without its plan it cannot be checked
final as (

    select
        experiment_key,
        segment,
        cast(arm_count as int) as arm_count,
        is_plan_known,
        is_plan_known or (smallest_ratio * 2 >= 1 and largest_ratio <= 2)
            as is_checkable,
        {{ as_statistic('chi_square') }} as chi_square,
        {{ as_statistic('p_value') }} as p_value
    from tested

)

select * from final
