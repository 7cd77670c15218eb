-- One row per customer, promotion and salt.
-- On which day would the promotion first have gone to them, had nobody been held out?
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

selection as (
    select * from {{ ref('int_promotion_selection') }}
    where would_be_selected
),

customers as (
    select * from {{ ref('int_customers') }}
),

promotions as (
    select * from {{ ref('promotions') }}
),

tonight as (

    select distinct
        customers.customer_id,
        selection.promotion_id,
        coalesce(promotions.holdout_salt, promotions.promotion_id) as salt
    from selection
    inner join customers on selection.customer_key = customers.customer_key
    inner join promotions on selection.promotion_id = promotions.promotion_id

),

known as (

    {% if is_incremental() %}
        select distinct
            customer_id,
            promotion_id,
            salt
        from {{ this }}
    {% else %}
        select *
        from tonight
        where 1 = 0
    {% endif %}

),

final as (

    select
        {{ as_of_date() }} as as_of_date,
        tonight.customer_id,
        tonight.promotion_id,
        tonight.salt
    from tonight
    left join known
        on
            tonight.customer_id = known.customer_id
            and tonight.promotion_id = known.promotion_id
            and tonight.salt = known.salt
    where known.customer_id is null

)

select * from final
