-- One row per promotion and segment (or all) that was measured.
-- What has it earned so far, by the draw that somebody entered last, with its best arm?
with

experiments as (
    select * from {{ ref('int_experiments') }}
    where population = 'assigned' and period = 'all'
),

profit as (
    select * from {{ ref('int_promotion_profit') }}
    where verdict != 'no comparison'
),

ranked as (

    select
        experiments.promotion_id,
        experiments.stop_rule,
        experiments.stop_confidence,
        profit.segment,
        profit.verdict,
        profit.net_amount,
        profit.net_lower_amount,
        profit.net_upper_amount,
        profit.net_stop_upper_amount,
        row_number() over (
            partition by experiments.promotion_id, profit.segment
            order by
                experiments.last_start_at desc nulls last,
                experiments.draw asc nulls last,
                profit.net_stop_upper_amount desc nulls first,
                profit.arm asc nulls last
        ) as measure_rank
    from experiments
    inner join profit on experiments.experiment_key = profit.experiment_key

),

final as (

    select
        promotion_id,
        segment,
        verdict,
        net_amount,
        net_lower_amount,
        net_upper_amount,
        net_stop_upper_amount,
        stop_rule,
        stop_confidence,
        verdict in ('works', 'harms', 'no evidence')
        and coalesce(net_stop_upper_amount < 0, false) as is_loss
    from ranked
    where measure_rank = 1

)

select * from final
