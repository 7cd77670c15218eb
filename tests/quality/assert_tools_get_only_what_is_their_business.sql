{#- An ad platform gets hashes and the segment, a message tool no hashes, and a removal
    carries nothing but the external id. Hashes are SHA-256, and never of nothing. -#}
with

synced as (
    select * from {{ ref('audience_sync') }}
),

judged as (

    select
        destination,
        external_id,
        action,
        case
            when
                action = 'remove'
                and coalesce(
                    email, phone, email_sha256, phone_sha256, segment, lifecycle_stage,
                    value_tier, promotion_id, product_id, payload_hash
                ) is not null
                then 'a removal tells something about the customer'
            when action = 'remove' then null
            when
                kind = 'ads'
                and coalesce(
                    email, phone, lifecycle_stage, value_tier, promotion_id, product_id
                ) is not null
                then 'an ad platform gets more than hashes and the segment'
            when kind = 'ads' and coalesce(email_sha256, phone_sha256) is null
                then 'an ad platform gets somebody without an identifier'
            when
                kind = 'message_tool'
                and coalesce(email_sha256, phone_sha256) is not null
                then 'a message tool gets hashes'
            when email is not null and phone is not null
                then 'a message tool gets an address that it does not send to'
            when {{ sha256_hex("''") }} in (email_sha256, phone_sha256)
                then 'the hash of nothing'
            when
                not {{ matches(
                    'coalesce(email_sha256, external_id)', '^[0-9a-f]{64}$'
                ) }}
                or not {{ matches(
                    'coalesce(phone_sha256, external_id)', '^[0-9a-f]{64}$'
                ) }}
                then 'is no SHA-256 in lower-case hex'
        end as failure
    from synced

),

failures as (

    select *
    from judged
    where failure is not null

)

select * from failures
