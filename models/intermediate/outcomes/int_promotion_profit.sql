-- One row per comparison, segment (or all) and treatment arm.
-- What did the promotion earn beyond what would have come without it, and at what cost?
with

comparisons as (
    select * from {{ ref('int_lift_comparisons') }}
    where metric = 'net_margin'
),

effects as (
    select * from {{ ref('int_lift_effects') }}
),

counts as (
    select * from {{ ref('int_experiment_counts') }}
),

verdicts as (
    select * from {{ ref('int_lift_verdicts') }}
    where metric = 'net_margin'
),

experiments as (
    select * from {{ ref('int_experiments') }}
),

floats as (

    select
        experiment_key,
        segment,
        arm,
        metric,
        {{ as_float('difference') }} as difference,
        {{ as_float('difference_lower') }} as difference_lower,
        {{ as_float('difference_upper') }} as difference_upper,
        {{ as_float('standard_error') }} as standard_error,
        {{ as_float('freedom') }} as freedom
    from effects

),

joined as (

    select
        comparisons.experiment_key,
        comparisons.segment,
        comparisons.arm,
        comparisons.n1,
        verdicts.verdict,
        net.difference,
        net.difference_lower,
        net.difference_upper,
        net.standard_error,
        purchases.difference as purchase_difference,
        later.difference as later_difference,
        later.difference_lower as later_lower,
        later.difference_upper as later_upper,
        treated.redeemer_count,
        treated.redemption_count,
        {{ t_quantile(normal_quantile('experiments.stop_confidence'), 'net.freedom') }}
            as stop_quantile,
        treated.offer_cost_amount - coalesce(
            {{ safe_divide('controls.offer_cost_amount * comparisons.n1', 'comparisons.n0') }},
            0
        ) as offer_cost,
        treated.contact_cost_amount - coalesce(
            {{ safe_divide(
                'controls.contact_cost_amount * comparisons.n1', 'comparisons.n0'
            ) }},
            0
        ) as contact_cost
    from comparisons
    inner join experiments
        on comparisons.experiment_key = experiments.experiment_key
    inner join verdicts
        on
            comparisons.experiment_key = verdicts.experiment_key
            and comparisons.segment = verdicts.segment
            and comparisons.arm = verdicts.arm
    inner join floats as net
        on
            comparisons.experiment_key = net.experiment_key
            and comparisons.segment = net.segment
            and comparisons.arm = net.arm
            and net.metric = 'net_margin'
    inner join floats as purchases
        on
            comparisons.experiment_key = purchases.experiment_key
            and comparisons.segment = purchases.segment
            and comparisons.arm = purchases.arm
            and purchases.metric = 'purchase'
    inner join floats as later
        on
            comparisons.experiment_key = later.experiment_key
            and comparisons.segment = later.segment
            and comparisons.arm = later.arm
            and later.metric = 'later_net_margin'
    left join counts as treated
        on
            comparisons.experiment_key = treated.experiment_key
            and comparisons.segment = treated.segment
            and comparisons.arm = treated.arm
    left join counts as controls
        on
            comparisons.experiment_key = controls.experiment_key
            and comparisons.segment = controls.segment
            and controls.is_control

),

-- for all who were assigned: what they brought more than as many controls
scaled as (

    select
        *,
        n1 * difference as net_amount,
        n1 * difference_lower as net_lower,
        n1 * difference_upper as net_upper,
        n1 * (difference + stop_quantile * standard_error) as net_stop_upper,
        n1 * purchase_difference as incremental_buyers,
        offer_cost + contact_cost as cost_amount
    from joined

),

final as (

    select
        experiment_key,
        segment,
        arm,
        verdict,
        {{ as_money('net_amount + cost_amount') }} as incremental_margin_amount,
        {{ as_money('offer_cost') }} as offer_cost_amount,
        {{ as_money('contact_cost') }} as contact_cost_amount,
        {{ as_money('cost_amount') }} as cost_amount,
        {{ as_money('net_amount') }} as net_amount,
        {{ as_money('net_lower') }} as net_lower_amount,
        {{ as_money('net_upper') }} as net_upper_amount,
        {{ as_money('net_stop_upper') }} as net_stop_upper_amount,
        {{ as_statistic(safe_divide('net_amount', 'cost_amount')) }} as roi,
        {{ as_statistic('incremental_buyers') }} as incremental_buyer_count,
        case when incremental_buyers > 0 then {{ as_money(
            safe_divide('cost_amount', 'incremental_buyers')
        ) }} end as cost_per_incremental_buyer_amount,
        {{ as_statistic(safe_divide('redeemer_count', 'n1')) }} as redemption_rate,
        {{ as_statistic('greatest(least(1 - '
            ~ safe_divide('incremental_buyers', 'redeemer_count') ~ ', 1), 0)') }}
            as subsidy_share,
        {{ as_money(safe_divide(
            '(net_amount + offer_cost)', 'redemption_count'
        )) }} as break_even_offer_amount,
        {{ as_money('n1 * later_difference') }} as later_net_amount,
        {{ as_money('n1 * later_lower') }} as later_net_lower_amount,
        {{ as_money('n1 * later_upper') }} as later_net_upper_amount
    from scaled

)

select * from final
