-- One row per comparison, segment (or all) and treatment arm.
-- How much more net margin came a person, and what did the promotion itself cost?
with

effects as (
    select * from {{ ref('int_lift_effects') }}
),

means as (
    select * from {{ ref('int_lift_means') }}
),

counts as (
    select * from {{ ref('int_experiment_counts') }}
),

-- the three differences that money is told from, side by side
differences as (

    select
        experiment_key,
        segment,
        arm,
        max(case when metric = 'net_margin' then difference end) as net_difference,
        max(case when metric = 'net_margin' then difference_lower end) as net_lower,
        max(case when metric = 'net_margin' then difference_upper end) as net_upper,
        max(case when metric = 'net_margin' then standard_error end) as net_error,
        max(case when metric = 'net_margin' then freedom end) as net_freedom,
        max(case when metric = 'purchase' then difference end) as purchase_difference,
        max(case when metric = 'later_net_margin' then difference end)
            as later_difference,
        max(case when metric = 'later_net_margin' then difference_lower end)
            as later_lower,
        max(case when metric = 'later_net_margin' then difference_upper end)
            as later_upper
    from effects
    group by experiment_key, segment, arm

),

people as (

    select
        experiment_key,
        segment,
        arm,
        n1,
        n0,
        z_stop
    from means
    where metric = 'purchase'

),

-- a control who got the promotion cost as much: that is no cost of treating
final as (

    select
        differences.*,
        cast(people.n1 as bigint) as customer_count,
        people.z_stop,
        coalesce(treated.redeemer_count, 0) as redeemer_count,
        coalesce(treated.redemption_count, 0) as redemption_count,
        {{ as_money('coalesce(treated.offer_cost_amount, 0) - coalesce('
            ~ safe_divide('controls.offer_cost_amount * people.n1', 'people.n0')
            ~ ', 0)') }} as offer_cost_amount,
        {{ as_money('coalesce(treated.contact_cost_amount, 0) - coalesce('
            ~ safe_divide('controls.contact_cost_amount * people.n1', 'people.n0')
            ~ ', 0)') }} as contact_cost_amount
    from differences
    inner join people
        on
            differences.experiment_key = people.experiment_key
            and differences.segment = people.segment
            and differences.arm = people.arm
    left join counts as treated
        on
            differences.experiment_key = treated.experiment_key
            and differences.segment = treated.segment
            and differences.arm = treated.arm
    left join counts as controls
        on
            differences.experiment_key = controls.experiment_key
            and differences.segment = controls.segment
            and controls.is_control

)

select * from final
