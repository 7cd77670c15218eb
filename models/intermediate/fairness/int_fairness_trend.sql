-- One row per promotion (or all), comparison, attribute and group judged before.
-- Did groups come closer because one was lifted, or because all were levelled down?
with

ratios as (
    select * from {{ ref('int_fairness_ratios') }}
),

history as (
    select * from {{ ref('int_fairness_history') }}
    where as_of_date < {{ as_of_date() }}
),

latest as (

    select
        *,
        row_number() over (
            partition by promotion_id, basis, attribute, group_name
            order by as_of_date desc nulls last
        ) as day_rank
    from history

),

final as (

    select
        ratios.promotion_id,
        ratios.basis,
        ratios.attribute,
        ratios.group_name,
        latest.as_of_date as previous_date,
        latest.selection_rate as previous_selection_rate,
        latest.impact_ratio as previous_impact_ratio,
        latest.verdict as previous_verdict,
        coalesce(
            latest.impact_ratio < ratios.minimum_impact_ratio
            and ratios.impact_ratio > latest.impact_ratio
            and ratios.selection_rate < latest.selection_rate,
            false
        ) as is_levelled_down
    from ratios
    inner join latest on {{ same_group('ratios', 'latest') }}
    where latest.day_rank = 1

)

select * from final
