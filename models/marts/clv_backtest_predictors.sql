-- One row per column of ours and plain rule that says who buys again.
-- Which of them foresaw best, as of the cut, who bought in the hold-out?
with

predictors as (
    select * from {{ ref('clv_predictors') }}
),

predictor_values as (
    select * from {{ ref('int_clv_backtest_values') }}
),

-- the top tenth is a whole number of customers
totals as (

    select
        predictor,
        sum(customer_count) as customer_count,
        sum(buyer_count) as buyer_count,
        sum(order_count) as order_count,
        floor(sum(customer_count) / 10.0) as top_customer_count,
        sum(absolute_error_sum) as absolute_error_sum,
        sum(squared_error_sum) as squared_error_sum
    from predictor_values
    group by predictor

),

ranked as (

    select
        predictor,
        customer_count,
        buyer_count,
        order_count,
        sum(customer_count) over (
            partition by predictor order by predictor_value desc nulls last
            rows between unbounded preceding and current row
        ) as customers_so_far,
        sum(buyer_count) over (
            partition by predictor order by predictor_value desc nulls last
            rows between unbounded preceding and current row
        ) as buyers_so_far
    from predictor_values

),

-- a pair of a buyer and another with equal values is half right; where equal values
-- straddle the limit of the top tenth, each customer counts in part
summed as (

    select
        ranked.predictor,
        sum(
            (ranked.customer_count - ranked.buyer_count)
            * (ranked.buyers_so_far - ranked.buyer_count / 2.0)
        ) as right_pair_count,
        sum(
            ranked.order_count * greatest(0, least(1, {{ safe_divide(
                'totals.top_customer_count'
                ~ ' - (ranked.customers_so_far - ranked.customer_count)',
                'ranked.customer_count'
            ) }}))
        ) as top_order_count
    from ranked
    inner join totals on ranked.predictor = totals.predictor
    group by ranked.predictor

),

rated as (

    select
        totals.*,
        {{ safe_divide(
            'summed.right_pair_count',
            'totals.buyer_count * (totals.customer_count - totals.buyer_count)'
        ) }} as auc,
        {{ safe_divide('summed.top_order_count', 'totals.order_count') }}
            as top_order_share
    from totals
    inner join summed on totals.predictor = summed.predictor

),

final as (

    select
        predictors.predictor,
        predictors.predictor_kind,
        predictors.meaning,
        {{ clv_cut_date() }} as cut_date,
        {{ as_of_date() }} as as_of_date,
        cast(coalesce(rated.customer_count, 0) as bigint) as customer_count,
        cast(coalesce(rated.buyer_count, 0) as bigint) as buyer_count,
        {{ rounded('rated.auc', 18, 6) }} as auc,
        {{ rounded('2 * rated.auc - 1', 18, 6) }} as gini,
        {{ rounded(
            safe_divide(
                'rated.top_order_share * rated.customer_count',
                'rated.top_customer_count'
            ), 18, 6
        ) }} as top_decile_lift,
        {{ rounded('rated.top_order_share', 18, 6) }} as top_decile_order_share,
        {{ rounded(
            safe_divide('rated.absolute_error_sum', 'rated.customer_count'), 18, 6
        ) }} as mean_absolute_error,
        {{ rounded(
            'sqrt('
            ~ safe_divide('rated.squared_error_sum', 'rated.customer_count')
            ~ ')', 18, 6
        ) }} as root_mean_squared_error
    from predictors
    left join rated on predictors.predictor = rated.predictor

)

select * from final
