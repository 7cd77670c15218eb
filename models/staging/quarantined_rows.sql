-- One row per refused row.
-- What was refused, why, and what can be done about it?
with

source_rows as (
    select * from {{ ref('source_rows') }}
),

quarantine_reasons as (
    select * from {{ ref('quarantine_reasons') }}
),

final as (

    select
        source_rows.source,
        source_rows.row_key,
        source_rows.payload_hash,
        cast(
            row_number() over (
                partition by
                    source_rows.source, source_rows.row_key, source_rows.payload_hash
                order by source_rows.reason
            ) as int
        ) as copy_number,
        source_rows.reason,
        quarantine_reasons.meaning,
        quarantine_reasons.remedy,
        source_rows.row_amount
    from source_rows
    left join quarantine_reasons
        on source_rows.reason = quarantine_reasons.reason
    where source_rows.outcome = 'quarantined'

)

select * from final
