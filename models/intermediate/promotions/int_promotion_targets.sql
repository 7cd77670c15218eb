-- One row per segment, lifecycle stage and value tier with customers, and promotion.
-- Which promotion does the policy offer to whom, and why?
with

cells as (
    select * from {{ ref('int_segment_cells') }}
),

targets as (
    select * from {{ ref('promotion_targets') }}
),

segments as (
    select * from {{ ref('int_customer_segment') }}
),

lifecycle as (
    select * from {{ ref('int_customer_lifecycle') }}
),

customer_values as (
    select * from {{ ref('int_customer_value') }}
),

groups_of_customers as (

    select distinct
        segments.segment,
        lifecycle.lifecycle_stage,
        customer_values.value_tier
    from segments
    inner join lifecycle on segments.customer_key = lifecycle.customer_key
    inner join customer_values
        on segments.customer_key = customer_values.customer_key

),

active_map as (

    select distinct map_name
    from cells
    where is_active

),

matched as (

    select
        groups_of_customers.segment,
        groups_of_customers.lifecycle_stage,
        groups_of_customers.value_tier,
        targets.promotion_id,
        targets.reason as target_reason,
        row_number() over (
            partition by
                groups_of_customers.segment,
                groups_of_customers.lifecycle_stage,
                groups_of_customers.value_tier,
                targets.promotion_id
            order by
                case when targets.segment = 'any' then 1 else 0 end nulls last,
                case when targets.lifecycle_stage = 'any' then 1 else 0 end nulls last,
                case when targets.value_tier = 'any' then 1 else 0 end nulls last,
                targets.reason nulls last
        ) as target_rank
    from groups_of_customers
    cross join active_map
    inner join targets
        on
            active_map.map_name = targets.map_name
            and targets.segment in ('any', groups_of_customers.segment)
            and targets.lifecycle_stage in ('any', groups_of_customers.lifecycle_stage)
            and targets.value_tier in ('any', groups_of_customers.value_tier)

),

-- the reason that is closest to the customer speaks
final as (

    select
        segment,
        lifecycle_stage,
        value_tier,
        promotion_id,
        target_reason
    from matched
    where target_rank = 1

)

select * from final
