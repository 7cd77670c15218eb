-- One row per comparison and segment (or all).
-- Did the arms come out as large as they were planned?
with

counts as (
    select * from {{ ref('int_experiment_counts') }}
),

experiments as (
    select * from {{ ref('int_experiments') }}
),

planned_arms as (
    select * from {{ ref('planned_arms') }}
),

totals as (

    select
        experiment_key,
        segment,
        sum(assigned_count) as total_count,
        sum(held_out_count) as held_out_count
    from counts
    group by experiment_key, segment

),

-- a planned arm in which nobody is counts, with nobody
drawn_arms as (

    select
        'control' as arm,
        cast(null as numeric(18, 4)) as planned_share

    union all

    select
        'treatment' as arm,
        cast(null as numeric(18, 4)) as planned_share

),

planned as (

    select
        totals.experiment_key,
        totals.segment,
        planned_arms.arm,
        planned_arms.planned_share
    from totals
    inner join experiments on totals.experiment_key = experiments.experiment_key
    inner join planned_arms on experiments.promotion_id = planned_arms.promotion_id
    where experiments.draw = 'delivered'

    union all

    select
        totals.experiment_key,
        totals.segment,
        drawn_arms.arm,
        drawn_arms.planned_share
    from totals
    inner join experiments on totals.experiment_key = experiments.experiment_key
    cross join drawn_arms
    where experiments.draw != 'delivered'

),

observed as (

    select
        coalesce(planned.experiment_key, counts.experiment_key) as experiment_key,
        coalesce(planned.segment, counts.segment) as segment,
        coalesce(planned.arm, counts.arm) as arm,
        coalesce(counts.assigned_count, 0) as assigned_count,
        planned.planned_share
    from counts
    full outer join planned
        on
            counts.experiment_key = planned.experiment_key
            and counts.segment = planned.segment
            and counts.arm = planned.arm

),

compared as (

    select
        observed.*,
        totals.total_count,
        totals.held_out_count,
        count(*) over (
            partition by observed.experiment_key, observed.segment
        ) as arm_count,
        count(observed.planned_share) over (
            partition by observed.experiment_key, observed.segment
        ) > 0 as is_declared
    from observed
    inner join totals
        on
            observed.experiment_key = totals.experiment_key
            and observed.segment = totals.segment

),

-- arms drawn here know their share, person by person; for others it was declared, or is
-- taken to be even
expected as (

    select
        *,
        case
            when held_out_count is not null and arm = 'control' then held_out_count
            when held_out_count is not null then total_count - held_out_count
            when is_declared then total_count * coalesce(planned_share, 0)
            else {{ safe_divide('total_count', 'arm_count') }}
        end as expected_count
    from compared

),

-- people in an arm that was to have none are as far from the plan as can be
summed as (

    select
        experiment_key,
        segment,
        max(arm_count) as arm_count,
        bool_or(is_declared or held_out_count is not null) as is_plan_known,
        bool_or(expected_count <= 0 and assigned_count > 0) as has_unplanned,
        min({{ safe_divide('assigned_count', 'expected_count') }}) as smallest_ratio,
        max({{ safe_divide('assigned_count', 'expected_count') }}) as largest_ratio,
        {{ exact_sum(safe_divide(
            '(assigned_count - expected_count) * (assigned_count - expected_count)',
            'expected_count'
        )) }} as chi_square
    from expected
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
