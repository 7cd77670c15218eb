-- One row per comparison, segment (or all) and treatment arm.
-- What did the promotion earn beyond what would have come without it, and at what cost?
with

gains as (
    select * from {{ ref('int_promotion_gains') }}
),

verdicts as (
    select * from {{ ref('int_lift_verdicts') }}
    where metric = 'net_margin'
),

floats as (

    select
        gains.experiment_key,
        gains.segment,
        gains.arm,
        verdicts.verdict,
        gains.redeemer_count,
        gains.redemption_count,
        gains.customer_count as n1,
        {{ as_float('gains.z_stop') }} as z_stop,
        {{ as_float('gains.net_difference') }} as net_difference,
        {{ as_float('gains.net_lower') }} as net_lower,
        {{ as_float('gains.net_upper') }} as net_upper,
        {{ as_float('gains.net_error') }} as net_error,
        {{ as_float('gains.net_freedom') }} as net_freedom,
        {{ as_float('gains.purchase_difference') }} as purchase_difference,
        {{ as_float('gains.later_difference') }} as later_difference,
        {{ as_float('gains.later_lower') }} as later_lower,
        {{ as_float('gains.later_upper') }} as later_upper,
        {{ as_float('gains.offer_cost_amount') }} as offer_cost,
        {{ as_float('gains.contact_cost_amount') }} as contact_cost
    from gains
    inner join verdicts
        on
            gains.experiment_key = verdicts.experiment_key
            and gains.segment = verdicts.segment
            and gains.arm = verdicts.arm

),

quantiled as (

    select
        *,
        {{ t_quantile('z_stop', 'net_freedom') }} as stop_quantile
    from floats

),

-- for all who were assigned: what they brought more than as many controls
scaled as (

    select
        *,
        n1 * net_difference as net_amount,
        n1 * net_lower as net_lower_amount,
        n1 * net_upper as net_upper_amount,
        n1 * (net_difference + stop_quantile * net_error) as net_stop_upper,
        n1 * purchase_difference as incremental_buyers,
        offer_cost + contact_cost as cost_amount
    from quantiled

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
        {{ as_money('net_lower_amount') }} as net_lower_amount,
        {{ as_money('net_upper_amount') }} as net_upper_amount,
        {{ as_money('net_stop_upper') }} as net_stop_upper_amount,
        {{ as_statistic(safe_divide('net_amount', 'cost_amount')) }} as roi,
        {{ as_statistic('incremental_buyers') }} as incremental_buyer_count,
        case when incremental_buyers > 0 then {{ as_money(
            safe_divide('cost_amount', 'incremental_buyers')
        ) }} end as cost_per_incremental_buyer_amount,
        {{ as_statistic(safe_divide('redeemer_count', 'n1')) }} as redemption_rate,
        case when redeemer_count > 0 then {{ as_statistic('greatest(least(1 - '
            ~ safe_divide('incremental_buyers', 'redeemer_count') ~ ', 1), 0)') }}
        end as subsidy_share,
        {{ as_money(safe_divide(
            '(net_amount + offer_cost)', 'redemption_count'
        )) }} as break_even_offer_amount,
        {{ as_money('n1 * later_difference') }} as later_net_amount,
        {{ as_money('n1 * later_lower') }} as later_net_lower_amount,
        {{ as_money('n1 * later_upper') }} as later_net_upper_amount
    from scaled

)

select * from final
