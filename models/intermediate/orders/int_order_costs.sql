-- One row per order with lines.
-- What did the goods of an order cost the shop?
with

order_items as (
    select * from {{ ref('stg_order_items') }}
),

products as (
    select * from {{ ref('stg_products') }}
),

orders as (
    select * from {{ ref('stg_orders') }}
),

-- a line's own cost is in the order's currency, a product's in the reporting one
lines as (

    select
        order_items.order_id,
        order_items.quantity,
        coalesce(
            {{ exact_product('order_items.unit_cost', 'orders.exchange_rate') }},
            products.unit_cost
        ) as unit_cost
    from order_items
    inner join orders
        on order_items.order_id = orders.order_id
    left join products
        on order_items.product_id = products.product_id

),

-- a cost that no order could have is not believed
costed as (

    select
        order_id,
        case
            when
                cast(quantity as {{ type_double() }}) * unit_cost
                < {{ var('maximum_order_amount') }}
                then {{ exact_product('unit_cost', 'quantity', 'numeric(38, 8)') }}
        end as cost_amount
    from lines

),

final as (

    select
        order_id,
        cast(
            case when count(*) = count(cost_amount) then sum(cost_amount) end
            as numeric(18, 2)
        ) as cost_amount
    from costed
    group by 1

)

select * from final
