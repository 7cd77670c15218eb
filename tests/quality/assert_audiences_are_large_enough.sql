{#- No audience is switched off although somebody is in it; it warns. -#}
{{ config(severity='warn') }}

with

audiences as (
    select * from {{ ref('audiences') }}
    where not is_active
),

matched as (
    select distinct audience_name from {{ ref('int_audience_matches') }}
),

-- how few they are stays unsaid
failures as (

    select
        audiences.audience_name,
        audiences.minimum_customer_count,
        'switched off, too few customers meet its rules: widen them in seed '
        || 'audience_rules, or drop the audience' as remedy
    from audiences
    inner join matched on audiences.audience_name = matched.audience_name

)

select * from failures
