-- One row per known customer.
-- When did they buy or complain, which offers are open, how much discount is left?
with

customers as (
    select * from {{ ref('int_customers') }}
),

orders as (
    select * from {{ ref('int_orders_net') }}
    where is_purchase
),

complaints as (
    select * from {{ ref('int_events_identified') }}
    where event_type in ('complained', 'support_contacted')
),

customer_values as (
    select * from {{ ref('int_customer_value') }}
),

discount_caps as (
    select * from {{ ref('discount_caps') }}
),

bought as (

    select
        customer_key,
        max(order_date) as last_order_date,
        sum(
            case
                when
                    order_date
                    > {{ dbt.dateadd('day', -clv_horizons()[-1], as_of_date()) }}
                    then discount_amount
            end
        ) as discount_amount_365d
    from orders
    group by customer_key

),

complained as (

    select
        customer_key,
        max(event_date) as last_complaint_date
    from complaints
    group by customer_key

),

open_offers as (

    select
        customer_key,
        min(promotion_id) as first_promotion_id,
        max(promotion_id) as last_promotion_id
    from {{ ref('int_promotion_contacts') }}
    where is_open
    group by customer_key

),

final as (

    select
        customers.customer_key,
        bought.last_order_date,
        complained.last_complaint_date,
        cast(coalesce(bought.discount_amount_365d, 0) as numeric(18, 2))
            as discount_amount_365d,
        open_offers.first_promotion_id as first_open_promotion_id,
        open_offers.last_promotion_id as last_open_promotion_id,
        cast(
            coalesce(own.maximum_discount_share, defaults.maximum_discount_share, 0)
            as numeric(18, 4)
        ) as maximum_discount_share,
        cast(
            coalesce(
                own.maximum_discount_amount_365d,
                defaults.maximum_discount_amount_365d,
                0
            ) as numeric(18, 2)
        ) as maximum_discount_amount_365d
    from customers
    inner join customer_values
        on customers.customer_key = customer_values.customer_key
    left join bought on customers.customer_key = bought.customer_key
    left join open_offers on customers.customer_key = open_offers.customer_key
    left join complained on customers.customer_key = complained.customer_key
    left join discount_caps as own on customer_values.value_tier = own.value_tier
    left join discount_caps as defaults on defaults.value_tier = 'any'

)

select * from final
