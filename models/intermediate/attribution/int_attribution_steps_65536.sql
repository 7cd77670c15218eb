-- One row per pair of states of the chain between which 65536 steps lead.
-- With which probability do they, and how often is a state visited on the way?
with

steps_4096 as (
    select * from {{ ref('int_attribution_steps_4096') }}
),

steps_8192 as (
    {{ twice_the_steps('steps_4096') }}
),

steps_16384 as (
    {{ twice_the_steps('steps_8192') }}
),

steps_32768 as (
    {{ twice_the_steps('steps_16384') }}
),

final as (
    {{ twice_the_steps('steps_32768') }}
)

select * from final
