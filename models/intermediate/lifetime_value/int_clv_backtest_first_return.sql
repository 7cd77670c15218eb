-- One row per cut: one in all.
-- After how many days had half of those who return bought again, as known on that day?
with

occasions as (
    select * from {{ ref('int_purchase_occasions') }}
    where order_date <= {{ clv_cut_date() }}
),

-- from the first order day to the second; to the cut where there is none yet
durations as (

    select
        customer_key,
        max(case when occasion_number = 2 then 1 else 0 end) as is_return,
        coalesce(
            max(case when occasion_number = 2 then gap_days end),
            max({{ dbt.datediff('order_date', clv_cut_date(), 'day') }})
        ) as duration_days
    from occasions
    group by customer_key

),

counted as (

    select
        duration_days,
        sum(is_return) as returned_customer_count,
        count(*) as customer_count
    from durations
    group by duration_days

),

at_risk as (

    select
        duration_days,
        returned_customer_count,
        sum(customer_count) over (
            order by duration_days desc nulls last
            rows between unbounded preceding and current row
        ) as at_risk_customer_count
    from counted

),

curve as (

    select
        duration_days,
        {{ returned_share(
            'returned_customer_count', 'at_risk_customer_count', 'duration_days'
        ) }} as returned_share
    from at_risk
    where returned_customer_count > 0

),

curve_end as (
    select max(returned_share) as last_share from curve
),

-- the curve of those who will return, which ends at 1
scaled as (

    select
        curve.duration_days,
        lead(curve.duration_days) over (
            order by curve.duration_days nulls last
        ) as next_duration_days,
        {{ share_of_returners('curve.returned_share', 'curve_end.last_share') }}
            as returned_share
    from curve
    cross join curve_end

),

final as (

    select
        {{ clv_cut_date() }} as cut_date,
        {{ rounded(
            middle_of_returns(
                'returned_share', 'duration_days', 'next_duration_days'
            ), 18, 2
        ) }} as adjusted_median_days
    from scaled

)

select * from final
