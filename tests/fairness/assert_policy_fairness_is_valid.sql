{#- Rows of fairness_limits, fairness_exceptions and age_bands to correct. -#}
with

limits as (
    select * from {{ ref('fairness_limits') }}
),

exceptions as (
    select * from {{ ref('fairness_exceptions') }}
),

promotions as (
    select * from {{ ref('promotions') }}
),

protected_attributes as (
    select * from {{ ref('protected_attributes') }}
),

age_bands as (
    select * from {{ ref('age_bands') }}
),

general as (

    select count(*) as row_count
    from limits
    where attribute = 'any'

),

failures as (

    select
        'fairness_limits' as seed,
        attribute as row_key,
        'every limit is needed; shares, levels and the ratio lie between 0 and 1'
            as remedy
    from limits
    where
        not coalesce(
            minimum_impact_ratio > 0 and minimum_impact_ratio < 1
            and significance_level > 0 and significance_level < 1
            and minimum_group_share >= 0 and minimum_group_share < 1
            and minimum_expected_count >= 0 and size_factor > 0
            and proxy_warning_v >= 0 and proxy_warning_v <= proxy_failure_v
            and proxy_significance_level > 0 and proxy_significance_level < 1,
            false
        )

    union all

    select
        'fairness_limits' as seed,
        'any' as row_key,
        'add the row of attribute any: it holds where no other does' as remedy
    from general
    where row_count = 0

    union all

    select
        'fairness_exceptions' as seed,
        exceptions.promotion_id || ', ' || exceptions.attribute as row_key,
        'name a promotion of the policy, a reason, an owner, and days in their order'
            as remedy
    from exceptions
    left join promotions on exceptions.promotion_id = promotions.promotion_id
    where
        promotions.promotion_id is null
        or trim(coalesce(exceptions.reason, '')) = ''
        or trim(coalesce(exceptions.owner, '')) = ''
        or not coalesce(exceptions.approved_date <= exceptions.expires_date, false)

    union all

    select
        'protected_attributes' as seed,
        attribute as row_key,
        'values_are is groups, age_groups, years or birth_dates' as remedy
    from protected_attributes
    where
        not coalesce(
            values_are in ('groups', 'age_groups', 'years', 'birth_dates'), false
        )

    union all

    select
        'age_bands' as seed,
        age_band as row_key,
        'give minimum_age_years; the first band begins with 0' as remedy
    from age_bands
    where minimum_age_years is null or minimum_age_years < 0

)

select * from failures
