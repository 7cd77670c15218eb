-- One row per promotion, draw, population, segment (or all) and treatment arm.
-- What did it earn beyond what would have come without it, and what did that cost?
with

experiments as (
    select * from {{ ref('int_experiments') }}
    where promotion_id != 'universal'
),

gains as (
    select * from {{ ref('int_promotion_gains') }}
),

profit as (
    select * from {{ ref('int_promotion_profit') }}
),

final as (

    select
        experiments.promotion_id,
        experiments.draw,
        experiments.population,
        profit.segment,
        profit.arm,
        {{ as_of_date() }} as as_of_date,
        profit.verdict,
        gains.customer_count as treatment_count,
        profit.incremental_margin_amount,
        profit.offer_cost_amount,
        profit.contact_cost_amount,
        profit.cost_amount,
        profit.net_amount,
        profit.net_lower_amount,
        profit.net_upper_amount,
        profit.roi,
        profit.incremental_buyer_count,
        profit.cost_per_incremental_buyer_amount,
        profit.redemption_rate,
        profit.subsidy_share,
        profit.break_even_offer_amount,
        profit.later_net_amount,
        profit.later_net_lower_amount,
        profit.later_net_upper_amount
    from profit
    inner join experiments on profit.experiment_key = experiments.experiment_key
    inner join gains
        on
            profit.experiment_key = gains.experiment_key
            and profit.segment = gains.segment
            and profit.arm = gains.arm

)

select * from final
