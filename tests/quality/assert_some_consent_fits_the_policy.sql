{#- Consents that were granted for channels and purposes of which the policy knows none:
    nobody could be contacted, and a spelling is the likely reason. -#}
{{ config(severity='warn') }}
with

consents as (
    select * from {{ ref('int_customer_consents') }}
    where consent_status = 'granted'
),

channels as (
    select * from {{ ref('channels') }}
),

granted as (

    select
        consents.channel,
        consents.purpose,
        count(*) as customer_count
    from consents
    group by consents.channel, consents.purpose

),

known as (

    select count(*) as spelling_count
    from granted
    inner join channels
        on
            granted.channel = channels.channel
            and granted.purpose = channels.purpose

),

failures as (

    select
        granted.channel,
        granted.purpose,
        granted.customer_count,
        'name the channel in seed channel_names, and set its purpose in seed channels'
            as remedy
    from granted
    cross join known
    where known.spelling_count = 0

)

select * from failures
