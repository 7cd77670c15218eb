{#- Rows of audience_names, audience_rules and protected_attributes to correct. -#}
with

names as (
    select * from {{ ref('audience_names') }}
),

rules as (
    select * from {{ ref('audience_rules') }}
),

protected_attributes as (
    select * from {{ ref('protected_attributes') }}
),

asking as (

    select distinct audience_name
    from rules
    where not is_excluded

),

protected_traits as (

    select distinct rules.trait
    from rules
    inner join protected_attributes
        on
            {{ names_protected_attribute(
                'rules.trait', 'protected_attributes.attribute'
            ) }}

),

judged as (

    select
        'audience_names' as seed,
        names.audience_name as seed_row,
        case
            when asking.audience_name is null
                then 'give it a row in seed audience_rules that asks for a trait'
            when names.minimum_customer_count is null
                then 'give it a minimum_customer_count'
            when names.minimum_customer_count < {{ var('audience_smallest_minimum') }}
                then
                    'minimum_customer_count is at least '
                    || '{{ var("audience_smallest_minimum") }} '
                    || '(var audience_smallest_minimum): fewer people are no audience'
            when names.minimum_customer_count < {{ var('smallest_published_count') }}
                then
                    'minimum_customer_count is at least '
                    || '{{ var("smallest_published_count") }} '
                    || '(var smallest_published_count): the audience shows its size'
            when names.meaning is null then 'say in meaning who they are'
        end as remedy
    from names
    left join asking on names.audience_name = asking.audience_name

    union all

    select
        'audience_names' as seed,
        'all ' || cast(count(*) as {{ dbt.type_string() }}) || ' rows' as seed_row,
        'merge or drop audiences: more than {{ var("maximum_audience_count") }} '
        || '(var maximum_audience_count) are too finely cut to act on' as remedy
    from names
    having count(*) > {{ var('maximum_audience_count') }}

    union all

    select
        'audience_rules' as seed,
        rules.audience_name || ' ' || rules.trait || ' ' || rules.value as seed_row,
        case
            when names.audience_name is null
                then 'audience_name is not in seed audience_names'
            when protected_traits.trait is not null
                then 'drop it: seed protected_attributes has a word of this trait'
            when rules.trait != {{ slug('trim(rules.trait)') }}
                then 'write trait in lower case, spaces and hyphens as underscores'
            when rules.value != {{ trait_value('rules.value') }}
                then 'write value in lower case, without space at its ends'
            when {{ dbt.position("';'", 'rules.value') }} > 0
                then 'give each value a row of its own'
            when rules.is_excluded is null then 'is_excluded is true or false'
        end as remedy
    from rules
    left join names on rules.audience_name = names.audience_name
    left join protected_traits on rules.trait = protected_traits.trait

    union all

    select
        'protected_attributes' as seed,
        attribute as seed_row,
        'write attribute in lower case, spaces and hyphens as underscores' as remedy
    from protected_attributes
    where attribute != {{ slug('trim(attribute)') }}

),

failures as (

    select *
    from judged
    where remedy is not null

)

select * from failures
