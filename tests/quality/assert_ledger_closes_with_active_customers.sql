{#- Each month opens as the last one closed, the last one with who is active today. -#}
with

ledger as (
    select * from {{ ref('customer_ledger') }}
),

purchases as (
    select * from {{ ref('int_customer_purchases') }}
),

compared as (

    select
        ledger_month,
        opening_customer_count,
        closing_customer_count,
        retained_customer_count,
        lag(closing_customer_count, 1, 0) over (
            order by ledger_month nulls last
        ) as closing_before,
        lead(ledger_month) over (order by ledger_month nulls last) as next_month
    from ledger

),

active as (

    select count(*) as customer_count
    from purchases
    where recency_days <= {{ var('churn_days') }}

),

failures as (

    select
        compared.ledger_month,
        compared.opening_customer_count,
        compared.closing_before,
        compared.closing_customer_count,
        active.customer_count as active_customer_count
    from compared
    cross join active
    where
        compared.opening_customer_count != compared.closing_before
        or compared.closing_customer_count < 0
        or compared.retained_customer_count < 0
        or (
            compared.next_month is null
            and compared.closing_customer_count != active.customer_count
        )

)

select * from failures
