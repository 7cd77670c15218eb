-- One row per comparison, segment (or all) and arm that was planned or has people.
-- How many people were to be in it?
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

drawn_arms as (

    select 'control' as arm
    union all
    select 'treatment' as arm

),

-- a planned arm in which nobody is counts, with nobody
planned as (

    select
        experiments.experiment_key,
        planned_arms.arm,
        planned_arms.planned_share
    from experiments
    inner join planned_arms on experiments.promotion_id = planned_arms.promotion_id
    where experiments.draw = 'delivered'

    union all

    select
        experiments.experiment_key,
        drawn_arms.arm,
        null as planned_share
    from experiments
    cross join drawn_arms
    where experiments.draw != 'delivered'

    union all

    select
        experiment_key,
        arm,
        null as planned_share
    from counts
    where segment = 'all'

),

arms as (

    select
        experiment_key,
        arm,
        max(planned_share) as planned_share,
        max(max(planned_share)) over (partition by experiment_key) is not null
            as is_declared,
        count(*) over (partition by experiment_key) as arm_count
    from planned
    group by experiment_key, arm

),

-- arms drawn here know their share, person by person; for others it was declared, or is
-- taken to be even
final as (

    select
        totals.experiment_key,
        totals.segment,
        arms.arm,
        cast(coalesce(counts.assigned_count, 0) as bigint) as assigned_count,
        cast(case
            when totals.held_out_count is not null and arms.arm = 'control'
                then totals.held_out_count
            when totals.held_out_count is not null
                then totals.total_count - totals.held_out_count
            when arms.is_declared
                then totals.total_count * coalesce(arms.planned_share, 0)
            else
                {{ rounded(
                    safe_divide('totals.total_count', 'arms.arm_count'), 18, 4
                ) }}
        end as numeric(18, 4)) as expected_count,
        arms.is_declared or totals.held_out_count is not null as is_plan_known
    from totals
    inner join arms on totals.experiment_key = arms.experiment_key
    left join counts
        on
            totals.experiment_key = counts.experiment_key
            and totals.segment = counts.segment
            and arms.arm = counts.arm

)

select * from final
