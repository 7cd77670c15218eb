-- One row per customer and protected attribute that the shop declares.
-- What does the shop say of each customer, under the names of the policy?
with

declared as (
    select * from {{ ref('stg_customer_attributes') }}
),

protected_attributes as (
    select * from {{ ref('protected_attributes') }}
),

final as (

    select
        declared.customer_id,
        protected_attributes.attribute,
        protected_attributes.values_are,
        min(trim(declared.value)) as value
    from declared
    inner join protected_attributes
        on {{ slug('trim(declared.attribute)') }} = protected_attributes.attribute
    where trim(declared.value) != ''
    group by 1, 2, 3

)

select * from final
