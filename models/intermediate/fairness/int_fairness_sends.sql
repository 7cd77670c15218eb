-- One row per past comparison, customer and promotion (or all).
-- Who got which promotion lately: as the policy decided it, or without it?
with

touches as (
    select * from {{ ref('int_promotion_touches') }}
    where
        coalesce(is_delivered, true)
        and sent_date > {{ fairness_window_start() }}
),

customers as (
    select * from {{ ref('int_customers') }}
),

arms as (
    select * from {{ ref('int_promotion_arm_history') }}
    where as_of_date < {{ as_of_date() }} and draw_id != 'universal'
),

assignments as (
    select * from {{ ref('int_promotion_assignments') }}
),

-- to whom a promotion was opened, by our draw or another tool's; and to whom it was not
drawn as (

    select
        customer_id,
        draw_id as promotion_id,
        arm
    from arms
    {{ union_distinct() }}
    select
        customer_id,
        promotion_id,
        arm
    from assignments

),

opened as (

    select
        customers.customer_key,
        drawn.promotion_id,
        {{ dbt.bool_or("drawn.arm = 'treatment'") }} as is_treated
    from drawn
    inner join customers on drawn.customer_id = customers.customer_id
    group by customers.customer_key, drawn.promotion_id

),

sent as (

    select
        customer_key,
        promotion_id,
        count(*) as message_count
    from touches
    where promotion_id is not null
    group by customer_key, promotion_id

),

final as (

    select
        'opened' as basis,
        opened.customer_key,
        opened.promotion_id,
        sent.customer_key is not null as is_selected,
        cast(coalesce(sent.message_count, 0) as bigint) as message_count
    from opened
    left join sent
        on
            opened.customer_key = sent.customer_key
            and opened.promotion_id = sent.promotion_id
    where opened.is_treated

    union all

    select
        'outside' as basis,
        sent.customer_key,
        sent.promotion_id,
        true as is_selected,
        cast(sent.message_count as bigint) as message_count
    from sent
    left join opened
        on
            sent.customer_key = opened.customer_key
            and sent.promotion_id = opened.promotion_id
    where opened.customer_key is null

    union all

    select
        'contacted' as basis,
        customer_key,
        'all' as promotion_id,
        true as is_selected,
        cast(count(*) as bigint) as message_count
    from touches
    group by customer_key

)

select * from final
