-- One row per pair of states of the chain between which 256 steps lead.
-- With which probability do they, and how often is a state visited on the way?
with

steps_16 as (
    select * from {{ ref('int_attribution_steps_16') }}
),

steps_32 as (
    {{ twice_the_steps('steps_16') }}
),

steps_64 as (
    {{ twice_the_steps('steps_32') }}
),

steps_128 as (
    {{ twice_the_steps('steps_64') }}
),

final as (
    {{ twice_the_steps('steps_128') }}
)

select * from final
