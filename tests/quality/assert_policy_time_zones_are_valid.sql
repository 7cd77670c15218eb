{#- Rows of country_time_zones to correct. -#}
with

zones as (
    select * from {{ ref('country_time_zones') }}
),

judged as (

    select
        country,
        time_zone,
        case
            when country != upper(trim(country))
                then 'country is in capitals, without spaces at its ends'
            when time_zone is null or time_zone != trim(time_zone)
                then 'give it an IANA time zone, such as Europe/Berlin'
        end as remedy
    from zones

),

failures as (

    select *
    from judged
    where remedy is not null

)

select * from failures
