-- One row per audience of the policy and customer who meets its rules.
-- Whom do the rules describe, be they few or many?
with

traits as (
    select * from {{ ref('int_customer_traits') }}
),

rules as (
    select * from {{ ref('audience_rules') }}
),

names as (
    select * from {{ ref('audience_names') }}
),

known_rules as (

    select rules.*
    from rules
    inner join names on rules.audience_name = names.audience_name

),

-- an audience that asks for nothing and only excludes describes nobody
asked as (

    select
        audience_name,
        count(distinct trait) as trait_count
    from known_rules
    where not is_excluded
    group by audience_name

),

met as (

    select
        known_rules.audience_name,
        traits.customer_key,
        count(distinct case when not known_rules.is_excluded then known_rules.trait end)
            as trait_count,
        count(case when known_rules.is_excluded then 1 end) as excluded_count
    from traits
    inner join known_rules
        on
            traits.trait = known_rules.trait
            and {{ meets_trait_rule('traits.value', 'known_rules.value') }}
    group by known_rules.audience_name, traits.customer_key

),

final as (

    select
        met.audience_name,
        met.customer_key
    from met
    inner join asked
        on
            met.audience_name = asked.audience_name
            and met.trait_count = asked.trait_count
    where met.excluded_count = 0

)

select * from final
