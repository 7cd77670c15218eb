-- One row per pair of states of the chain between which 16 steps lead.
-- With which probability do they, and how often is a state visited on the way?
with

steps_1 as (
    select * from {{ ref('int_attribution_steps') }}
),

steps_2 as (
    {{ twice_the_steps('steps_1') }}
),

steps_4 as (
    {{ twice_the_steps('steps_2') }}
),

steps_8 as (
    {{ twice_the_steps('steps_4') }}
),

final as (
    {{ twice_the_steps('steps_8') }}
)

select * from final
