{#- One salt, and every tombstone made with it: else people who were forgotten would
    come back unnoticed. Put back the history that holds the tombstones' salt. -#}
with

salts as (
    select * from {{ ref('stg_erasure_salt') }}
),

tombstones as (
    select * from {{ ref('stg_erasure_tombstones') }}
),

several as (

    select
        'salts' as problem,
        count(*) as row_count
    from salts
    having count(*) != 1

),

strangers as (

    select
        'tombstones of another salt' as problem,
        count(*) as row_count
    from tombstones
    left join salts
        on tombstones.salt_hash = {{ sha256_hex('salts.salt') }}
    where salts.salt is null
    having count(*) > 0

)

select * from several
union all
select * from strangers
