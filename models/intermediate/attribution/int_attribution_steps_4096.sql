-- One row per pair of states of the chain between which 4096 steps lead.
-- With which probability do they, and how often is a state visited on the way?
with

steps_256 as (
    select * from {{ ref('int_attribution_steps_256') }}
),

steps_512 as (
    {{ twice_the_steps('steps_256') }}
),

steps_1024 as (
    {{ twice_the_steps('steps_512') }}
),

steps_2048 as (
    {{ twice_the_steps('steps_1024') }}
),

final as (
    {{ twice_the_steps('steps_2048') }}
)

select * from final
