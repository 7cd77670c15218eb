-- One row per promotion of the policy.
-- Has it been shown to lose money, so that it is stopped?
with

promotions as (
    select * from {{ ref('promotions') }}
),

experiments as (
    select * from {{ ref('int_experiments') }}
    where population = 'assigned' and period = 'all'
),

profit as (
    select * from {{ ref('int_promotion_profit') }}
    where segment = 'all'
),

-- the draw that somebody entered last is the one that tells how it is now
measured as (

    select
        experiments.promotion_id,
        experiments.stop_rule,
        experiments.stop_confidence,
        profit.arm,
        profit.verdict,
        profit.net_amount,
        profit.net_lower_amount,
        profit.net_upper_amount,
        profit.net_stop_upper_amount,
        rank() over (
            partition by experiments.promotion_id
            order by experiments.last_start_at desc nulls last, experiments.draw nulls last
        ) as draw_rank
    from experiments
    inner join profit on experiments.experiment_key = profit.experiment_key
    where profit.verdict != 'no comparison'

),

judged as (

    select
        *,
        verdict in ('works', 'harms', 'no evidence')
        and coalesce(net_stop_upper_amount < 0, false) as is_loss
    from measured
    where draw_rank = 1

),

-- of several offers under one promotion the best one decides
summed as (

    select
        promotion_id,
        max(stop_rule) as stop_rule,
        max(stop_confidence) as stop_confidence,
        count(*) = count(case when is_loss then 1 end) as is_loss,
        max(net_amount) as net_amount,
        max(net_stop_upper_amount) as net_stop_upper_amount
    from judged
    group by promotion_id

),

final as (

    select
        promotions.promotion_id,
        coalesce(summed.is_loss, false) as is_loss,
        coalesce(summed.is_loss and summed.stop_rule = 'loss', false) as is_stopped,
        case
            when summed.is_loss
                then
                    'it has lost ' || cast(-summed.net_amount as {{ dbt.type_string() }})
                    || ' against its control group, at least '
                    || cast(-summed.net_stop_upper_amount as {{ dbt.type_string() }})
                    || ' with a confidence of '
                    || cast(summed.stop_confidence as {{ dbt.type_string() }})
                    || ' (promotion_profit)'
        end as stop_reason
    from promotions
    left join summed on promotions.promotion_id = summed.promotion_id

)

select * from final
