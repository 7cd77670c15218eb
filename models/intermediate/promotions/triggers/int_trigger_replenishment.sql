-- One row per customer with a product that runs out.
-- Which one first, and from when until when may a message remind them?
with

triggers as (
    select * from {{ ref('triggers') }}
    where trigger_name = 'replenishment' and is_enabled
),

products as (
    select * from {{ ref('stg_products') }}
),

supply as (
    select * from {{ ref('int_customer_product_supply') }}
),

-- an unknown stock is no obstacle, an empty one is
run_outs as (

    select
        supply.*,
        {{ days_after('supply.last_order_date', 'ceil(supply.supply_days)') }}
            as event_date
    from supply
    left join products on supply.product_id = products.product_id
    where products.stock_quantity is null or products.stock_quantity > 0

),

dated as (

    select
        run_outs.*,
        triggers.trigger_name,
        {{ due_date('run_outs.event_date') }} as due_date,
        {{ last_due_date('run_outs.event_date') }} as last_due_date
    from run_outs
    cross join triggers

),

-- the product that runs out first; of several, the first id
ranked as (

    select
        *,
        row_number() over (
            partition by customer_key
            order by due_date asc nulls last, product_id asc nulls last
        ) as product_rank
    from dated
    where {{ is_listed() }}

),

final as (

    select
        customer_key,
        trigger_name,
        event_date,
        due_date,
        last_due_date,
        product_id,
        'last bought ' || product_id || ' on ' || {{ as_text('last_order_date') }}
        || ', ' || {{ plain_number('unit_count') }}
        || case when unit_count = 1 then ' unit lasts ' else ' units last ' end
        || {{ as_text('cast(ceil(supply_days) as int)') }}
        || ' days by '
        || case
            when is_own_interval then {{ count_of('own_gap_count', 'own gap') }}
            when own_gap_count > 0
                then
                    {{ count_of('own_gap_count', 'own gap') }} || ' and '
                    || {{ count_of('product_gap_count', 'gap') }} || ' of all customers'
            else {{ count_of('product_gap_count', 'gap') }} || ' of all customers'
        end as evidence
    from ranked
    where product_rank = 1

)

select * from final
