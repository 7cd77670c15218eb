-- One row per promotion (or all), comparison with past messages, attribute and group.
-- Is one group contacted more, or never?
with

rates as (
    select * from {{ ref('int_fairness_rates') }}
    where basis in ('opened', 'outside', 'contacted')
),

refs as (
    select * from {{ ref('int_fairness_rates') }}
    where is_reference
),

compared as (

    select
        rates.promotion_id,
        rates.basis,
        rates.attribute,
        rates.group_name,
        rates.eligible_count,
        rates.selected_count,
        rates.capped_count,
        rates.message_count,
        {{ safe_divide('rates.message_count', 'rates.eligible_count') }} as messages,
        {{ safe_divide('refs.message_count', 'refs.eligible_count') }}
            as reference_messages,
        sqrt(
            {{ safe_divide(1, 'rates.message_count') }}
            + {{ safe_divide(1, 'refs.message_count') }}
        ) as log_error
    from rates
    left join refs
        on
            rates.promotion_id = refs.promotion_id
            and rates.basis = refs.basis
            and rates.attribute = refs.attribute
            and rates.group_name != refs.group_name

),

-- the window is the same for all, so messages a person compare as messages a day do
final as (

    select
        promotion_id,
        basis,
        attribute,
        group_name,
        cast(messages as numeric(28, 10)) as messages_per_person,
        cast({{ safe_divide('messages', 'reference_messages') }} as numeric(28, 10))
            as contact_rate_ratio,
        cast(
            {{ safe_divide('messages', 'reference_messages') }}
            * exp(-{{ normal_975() }} * log_error) as numeric(28, 10)
        ) as contact_rate_ratio_lower,
        cast(
            {{ safe_divide('messages', 'reference_messages') }}
            * exp({{ normal_975() }} * log_error) as numeric(28, 10)
        ) as contact_rate_ratio_upper,
        {{ rounded(safe_divide('capped_count', 'eligible_count'), 18, 6) }}
            as capped_share,
        {{ rounded('1 - ' ~ safe_divide('selected_count', 'eligible_count'), 18, 6) }}
            as never_contacted_share
    from compared

)

select * from final
