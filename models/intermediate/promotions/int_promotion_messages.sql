-- One row per customer in an arm of a promotion, promotion and permitted channel.
-- What would this message cost and bring, when would it go, and what went before?
with

options as (
    select * from {{ ref('int_promotion_options') }}
    where is_permitted
),

arms as (
    select * from {{ ref('int_promotion_arms') }}
    where arm != 'universal'
),

candidates as (
    select * from {{ ref('int_promotion_candidates') }}
),

promotions as (
    select * from {{ ref('promotions') }}
),

promotion_values as (
    select * from {{ ref('int_promotion_values') }}
),

channels as (
    select * from {{ ref('int_customer_channels') }}
),

contacts as (
    select * from {{ ref('int_promotion_contacts') }}
),

-- a capped message may wait a day if it is still right then
joined as (

    select
        options.*,
        arms.arm,
        arms.assigned_date,
        channels.is_capped,
        channels.cap_reason,
        channels.free_at,
        channels.send_from_at,
        channels.send_until_at,
        coalesce(
            promotions.when_capped = 'next_day'
            and channels.is_capped
            and not channels.is_capped_next_day
            and coalesce(promotions.valid_to > {{ send_date() }}, true)
            and coalesce(candidates.last_due_date > {{ send_date() }}, true),
            false
        ) as is_put_off,
        promotion_values.expected_offer_cost_amount + channels.contact_cost_amount
            as cost,
        promotion_values.expected_incremental_margin_amount
        - channels.contact_cost_amount as margin,
        {{ dbt.datediff('contacts.last_sent_date', send_date(), 'day') }}
            as days_since_sent,
        coalesce(contacts.last_sent_date >= candidates.due_date, false)
            as is_sent_since_due
    from options
    inner join arms
        on
            options.customer_key = arms.customer_key
            and options.promotion_id = arms.promotion_id
    inner join candidates
        on
            options.customer_key = candidates.customer_key
            and options.promotion_id = candidates.promotion_id
    inner join promotions on options.promotion_id = promotions.promotion_id
    inner join promotion_values
        on
            options.customer_key = promotion_values.customer_key
            and options.promotion_id = promotion_values.promotion_id
    inner join channels
        on
            options.customer_key = channels.customer_key
            and options.channel = channels.channel
    left join contacts
        on
            options.customer_key = contacts.customer_key
            and options.promotion_id = contacts.promotion_id

),

final as (

    select
        customer_key,
        promotion_id,
        channel,
        option_rank,
        arm,
        assigned_date,
        is_put_off,
        case when is_capped and not is_put_off then cap_reason end as cap_reason,
        case when is_capped then free_at end as free_at,
        {{ day_later('send_from_at', 'is_put_off') }} as send_from_at,
        {{ day_later('send_until_at', 'is_put_off') }} as send_until_at,
        {{ rounded('cost', 18, 4) }} as expected_cost_amount,
        {{ rounded('margin', 18, 4) }} as expected_incremental_margin_amount,
        cast(days_since_sent as int) as days_since_sent,
        is_sent_since_due
    from joined

)

select * from final
