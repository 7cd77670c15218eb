-- One row per customer, draw (universal, or a promotion) and salt.
-- Which arm did each customer get when they first could have had the promotion?
{{
    config(
        schema='history',
        materialized='incremental',
        incremental_strategy='append',
        full_refresh=false,
        on_schema_change='append_new_columns',
        pre_hook="{{ forget_day(this) }}",
        post_hook="{{ forget_erased(this) }}",
    )
}}
with

draws as (
    select * from {{ ref('int_promotion_draws') }}
),

known as (

    {% if is_incremental() %}
        select
            as_of_date,
            customer_id,
            draw_id,
            salt,
            arm
        from {{ this }}
    {% else %}
        select
            {{ as_of_date() }} as as_of_date,
            customer_id,
            draw_id,
            salt,
            arm
        from draws
        where 1 = 0
    {% endif %}

),

-- who gets no promotion at all is in neither arm of any
held_out as (

    select distinct draws.customer_id
    from draws
    left join known
        on
            draws.customer_id = known.customer_id
            and draws.draw_id = known.draw_id
            and draws.salt = known.salt
            and known.as_of_date <= {{ as_of_date() }}
    where
        draws.draw_id = 'universal'
        and coalesce(known.arm, draws.arm) = 'control'

),

-- a person keeps the arm of the first day: later draws of the same salt are not written
final as (

    select
        {{ as_of_date() }} as as_of_date,
        draws.customer_id,
        draws.draw_id,
        draws.salt,
        draws.arm,
        draws.bucket,
        draws.holdout_share,
        draws.drawn_by
    from draws
    left join known
        on
            draws.customer_id = known.customer_id
            and draws.draw_id = known.draw_id
            and draws.salt = known.salt
    left join held_out on draws.customer_id = held_out.customer_id
    where
        known.customer_id is null
        and (draws.draw_id = 'universal' or held_out.customer_id is null)

)

select * from final
