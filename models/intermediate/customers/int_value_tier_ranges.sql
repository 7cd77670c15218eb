-- One row per value tier.
-- From which percent rank to which does each tier go?
with

tiers as (
    select * from {{ ref('value_tiers') }}
),

final as (

    select
        value_tier,
        minimum_percent_rank,
        cast(
            lead(minimum_percent_rank) over (
                order by minimum_percent_rank nulls last
            ) as numeric(18, 6)
        ) as next_percent_rank
    from tiers

)

select * from final
