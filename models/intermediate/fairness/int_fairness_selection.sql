-- One row per customer and promotion (or all) that they are eligible for tonight.
-- Were they selected, before promotions are judged, and for how deep a discount?
with

options as (
    select * from {{ ref('int_promotion_options') }}
    where is_permitted
),

arms as (
    select * from {{ ref('int_promotion_arms') }}
    where arm = 'treatment'
),

selection as (
    select * from {{ ref('int_promotion_selection') }}
    where reason = 'selected'
),

promotion_values as (
    select * from {{ ref('int_promotion_values') }}
),

-- whoever is held out is eligible for neither: hash decides there, nobody else
eligible as (

    select distinct
        options.customer_key,
        options.promotion_id
    from options
    inner join arms
        on
            options.customer_key = arms.customer_key
            and options.promotion_id = arms.promotion_id

),

selected as (

    select distinct
        customer_key,
        promotion_id
    from selection

),

decided as (

    select
        eligible.customer_key,
        eligible.promotion_id,
        selected.customer_key is not null as is_selected,
        case
            when selected.customer_key is null then 0
            else coalesce(promotion_values.discount_depth, 0)
        end as discount_depth
    from eligible
    left join selected
        on
            eligible.customer_key = selected.customer_key
            and eligible.promotion_id = selected.promotion_id
    left join promotion_values
        on
            eligible.customer_key = promotion_values.customer_key
            and eligible.promotion_id = promotion_values.promotion_id

),

final as (

    select
        customer_key,
        promotion_id,
        is_selected,
        cast(discount_depth as numeric(18, 4)) as discount_depth
    from decided

    union all

    select
        customer_key,
        'all' as promotion_id,
        {{ dbt.bool_or('is_selected') }} as is_selected,
        {{ rounded('max(discount_depth)', 18, 4) }} as discount_depth
    from decided
    group by customer_key

)

select * from final
