{#- Each model of attribution shares out all repeat purchases and their net revenue, and
    credits nobody with less than nothing. A row is rounded to half its last decimal, a
    message's share to half of 12 decimals, and floats of large sums to a billionth. -#}
with

models as (
    {{ attribution_models_as_rows() }}
),

credits as (
    select * from {{ ref('promotion_attribution') }}
),

purchases as (
    select * from {{ ref('int_orders_net') }}
    where is_purchase
),

first_purchases as (
    select * from {{ ref('int_attribution_purchases') }}
    where order_number = 1
),

of_all as (

    select
        count(*) - count(distinct customer_key) as conversion_count,
        coalesce(sum(net_revenue_amount), 0) as net_revenue_amount,
        coalesce(sum(abs(net_revenue_amount)), 0) as moved_amount
    from purchases

),

of_first as (

    select coalesce(sum(net_revenue_amount), 0) as net_revenue_amount
    from first_purchases

),

whole as (

    select
        of_all.conversion_count,
        of_all.net_revenue_amount - of_first.net_revenue_amount as net_revenue_amount,
        of_all.moved_amount
    from of_all
    cross join of_first

),

shared as (

    select
        attribution_model,
        count(*) as row_count,
        sum(credited_conversion_count) as conversion_count,
        sum(credited_net_revenue_amount) as net_revenue_amount,
        min(credited_conversion_count) as least_conversion_count,
        sum(touch_count) as touch_count
    from credits
    group by attribution_model

),

failures as (

    select
        models.attribution_model,
        shared.conversion_count,
        whole.conversion_count as expected_conversion_count,
        shared.net_revenue_amount,
        whole.net_revenue_amount as expected_net_revenue_amount,
        shared.least_conversion_count
    from models
    cross join whole
    left join shared on models.attribution_model = shared.attribution_model
    where
        shared.attribution_model is null
        or shared.least_conversion_count < 0
        or abs(shared.conversion_count - whole.conversion_count)
        > 0.0000005 * shared.row_count
        + 0.000000000001 * shared.touch_count
        + 0.000000001 * whole.conversion_count
        or abs(shared.net_revenue_amount - whole.net_revenue_amount)
        > 0.00005 * shared.row_count
        + 0.000000000001 * shared.touch_count
        + 0.000000001 * whole.moved_amount

)

select * from failures
