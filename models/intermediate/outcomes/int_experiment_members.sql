-- One row per comparison and customer in it.
-- In which arm and segment were they, and do their days count?
with

dates as (
    select * from {{ ref('int_experiment_dates') }}
),

idle_spans as (
    select * from {{ ref('int_experiment_idle_spans') }}
),

earlier_segments as (
    select * from {{ ref('int_earlier_segments') }}
),

prospects as (
    select * from {{ ref('int_segment_cells') }}
    where is_active and applies_to = 'prospects'
),

-- arms are drawn while a promotion is stopped, too: those days say nothing about it
placed as (

    select
        dates.*,
        coalesce(earlier_segments.segment, prospects.segment) as segment
    from dates
    left join idle_spans
        on
            dates.promotion_id = idle_spans.promotion_id
            and dates.draw != 'delivered'
            and dates.starts_at = idle_spans.starts_at
            and dates.outcome_ends_at = idle_spans.outcome_ends_at
    left join earlier_segments
        on
            dates.customer_key = earlier_segments.customer_key
            and dates.month_end = earlier_segments.month_end
    cross join prospects
    where idle_spans.promotion_id is null

),

-- whose days are not over are counted only where nobody's are
judged as (

    select
        *,
        outcome_ends_at <= {{ as_of_end() }} as is_complete,
        {{ dbt.bool_or('outcome_ends_at <= ' ~ as_of_end()) }}
            over (partition by experiment_key)
            as has_complete
    from placed

),

final as (

    select
        experiment_key,
        customer_key,
        promotion_id,
        arm,
        is_control,
        segment,
        holdout_share,
        starts_at,
        outcome_ends_at,
        earlier_from_at,
        later_ends_at,
        is_complete,
        is_complete or not has_complete as is_counted,
        later_ends_at <= {{ as_of_end() }} as is_later_counted
    from judged

)

select * from final
