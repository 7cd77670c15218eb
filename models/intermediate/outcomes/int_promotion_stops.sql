-- One row per promotion of the policy.
-- Has it been shown to lose money, so that it is stopped?
with

promotions as (
    select * from {{ ref('promotions') }}
),

measured as (
    select * from {{ ref('int_promotion_measured') }}
    where segment = 'all' and is_loss
),

final as (

    select
        promotions.promotion_id,
        measured.promotion_id is not null as is_loss,
        coalesce(measured.stop_rule = 'loss', false) as is_stopped,
        'lost '
        || cast(-measured.net_amount as {{ dbt.type_string() }})
        || ' against its control group, at least '
        || cast(-measured.net_stop_upper_amount as {{ dbt.type_string() }})
        || ' with a confidence of '
        || cast(measured.stop_confidence as {{ dbt.type_string() }})
        || ' (promotion_profit)' as stop_reason
    from promotions
    left join measured on promotions.promotion_id = measured.promotion_id

)

select * from final
