-- One row per order that is a purchase.
-- What did it earn and cost, counting the offer that it used?
with

orders as (
    select * from {{ ref('int_orders_net') }}
    where is_purchase
),

customers as (
    select * from {{ ref('int_customers') }}
),

promotions as (
    select * from {{ ref('promotions') }}
),

-- what the goods cost by what they sold for, where that is known of most orders
costs as (

    select
        sum(cost_amount) as cost_amount,
        sum(case
            when cost_amount is not null then gross_amount - discount_amount
        end) as costed_amount,
        {{ safe_divide('count(cost_amount)', 'count(*)') }} as costed_share
    from orders
    where status != 'cancelled'

),

numbered as (

    select
        *,
        row_number() over (
            partition by customer_key
            order by ordered_at nulls last, order_id nulls last
        ) as order_number
    from orders

),

costed as (

    select
        numbered.*,
        case
            when costs.costed_share >= {{ var('minimum_costed_share') }}
                then coalesce(
                    numbered.margin_amount,
                    numbered.net_revenue_amount
                    - (numbered.gross_amount - numbered.discount_amount)
                    * {{ safe_divide('costs.cost_amount', 'costs.costed_amount') }}
                )
        end as known_margin_amount
    from numbered
    cross join costs

),

-- winning a customer is paid once, with the first order
final as (

    select
        costed.order_id,
        costed.customer_key,
        costed.ordered_at,
        costed.promotion_id,
        costed.order_number > 1 as is_repeat,
        costed.net_revenue_amount,
        cast(costed.known_margin_amount as numeric(18, 2)) as margin_amount,
        costed.discount_amount,
        cast(coalesce(promotions.offer_cost_amount, 0) as numeric(18, 2))
            as offer_cost_amount,
        cast(
            case
                when costed.order_number > 1 then 0
                else coalesce(customers.acquisition_cost_amount, 0)
            end as numeric(18, 2)
        ) as acquisition_cost_amount
    from costed
    inner join customers on costed.customer_key = customers.customer_key
    left join promotions on costed.promotion_id = promotions.promotion_id

)

select * from final
