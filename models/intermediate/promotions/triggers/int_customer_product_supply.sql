-- One row per customer and product that they bought and use up.
-- How many days does what they bought last keep them, and by whose intervals?
with

triggers as (
    select * from {{ ref('triggers') }}
    where trigger_name = 'replenishment'
),

products as (
    select * from {{ ref('stg_products') }}
),

product_days as (
    select * from {{ ref('int_customer_product_days') }}
),

-- what is not used up never runs out; no word about it is neither yes nor no
usable as (

    select
        product_days.*,
        products.is_consumable
    from product_days
    left join products on product_days.product_id = products.product_id
    where coalesce(products.is_consumable, true)

),

gaps as (

    select
        customer_key,
        product_id,
        {{ safe_divide('gap_days', 'previous_unit_count') }} as days_per_unit
    from usable
    where gap_days is not null

),

own as (

    select
        customer_key,
        product_id,
        count(*) as gap_count,
        percentile_cont(0.5) within group (order by days_per_unit) as days_per_unit
    from gaps
    group by 1, 2

),

everybody as (

    select
        product_id,
        count(*) as gap_count,
        percentile_cont(0.5) within group (order by days_per_unit) as days_per_unit
    from gaps
    group by 1

),

-- whoever bought it again says that an unknown product is used up
last_days as (

    select
        usable.*,
        triggers.minimum_count,
        own.days_per_unit as own_days,
        everybody.days_per_unit as product_days,
        coalesce(own.gap_count, 0) as own_gap_count,
        coalesce(everybody.gap_count, 0) as product_gap_count
    from usable
    cross join triggers
    left join own
        on
            usable.customer_key = own.customer_key
            and usable.product_id = own.product_id
    left join everybody on usable.product_id = everybody.product_id
    where usable.is_last and (usable.is_consumable or own.gap_count > 0)

),

-- few gaps of one's own are drawn towards everybody's
rated as (

    select
        *,
        case
            when own_gap_count >= minimum_count then own_days
            when own_gap_count > 0
                then {{ safe_divide(
                    '(own_gap_count * own_days + minimum_count * product_days)',
                    '(own_gap_count + minimum_count)'
                ) }}
            when product_gap_count >= minimum_count then product_days
        end as days_per_unit
    from last_days

),

final as (

    select
        customer_key,
        product_id,
        order_date as last_order_date,
        unit_count,
        cast(own_gap_count as bigint) as own_gap_count,
        cast(product_gap_count as bigint) as product_gap_count,
        own_gap_count >= minimum_count as is_own_interval,
        {{ rounded('days_per_unit * unit_count', 28, 4) }} as supply_days
    from rated
    where days_per_unit is not null

)

select * from final
