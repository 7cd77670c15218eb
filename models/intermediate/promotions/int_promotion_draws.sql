-- One row per customer who may be contacted, and draw: universal, or a due promotion.
-- Which arm do the hash, or the tool that drew the arms, give the customer?
with

options as (
    select * from {{ ref('int_promotion_options') }}
    where is_permitted
),

channels as (
    select * from {{ ref('int_customer_channels') }}
    where is_permitted
),

customers as (
    select * from {{ ref('int_customers') }}
),

promotions as (
    select * from {{ ref('promotions') }}
),

holdouts as (
    select * from {{ ref('holdouts') }}
),

assignments as (
    select * from {{ ref('int_promotion_assignments') }}
),

universal as (

    select
        holdout_salt as salt,
        holdout_share
    from holdouts
    where {{ is_sendable('holdouts') }}

),

asked as (

    select distinct
        channels.customer_key,
        'universal' as draw_id,
        universal.salt,
        universal.holdout_share
    from channels
    cross join universal

    union all

    select distinct
        options.customer_key,
        options.promotion_id as draw_id,
        coalesce(promotions.holdout_salt, promotions.promotion_id) as salt,
        coalesce(promotions.holdout_share, 0) as holdout_share
    from options
    inner join promotions on options.promotion_id = promotions.promotion_id

),

hashed as (

    select
        customers.customer_id,
        asked.draw_id,
        asked.salt,
        asked.holdout_share,
        {{ hash_bucket("asked.salt || '|' || customers.customer_id") }} as bucket
    from asked
    inner join customers on asked.customer_key = customers.customer_key

),

final as (

    select
        hashed.customer_id,
        hashed.draw_id,
        hashed.salt,
        case
            when assignments.arm is not null then assignments.arm
            when {{ is_in_share('hashed.bucket', 'hashed.holdout_share') }}
                then 'control'
            else 'treatment'
        end as arm,
        cast(hashed.bucket as int) as bucket,
        cast(hashed.holdout_share as numeric(18, 4)) as holdout_share,
        coalesce(assignments.assigned_by, 'hash') as drawn_by
    from hashed
    left join assignments
        on
            hashed.customer_id = assignments.customer_id
            and hashed.draw_id = assignments.promotion_id

)

select * from final
