{#- Each source's rows and money, counted where they arrive and where they ended. -#}
{% set amounts = {
    'orders': 'gross_amount',
    'order_items': exact_product('unit_price', 'quantity'),
    'refunds': 'amount',
    'customers': 'acquisition_cost',
    'promotion_sends': 'cost',
    'products': none,
    'exchange_rates': none,
    'events': none,
    'identities': none,
    'consents': none,
    'surveys': none,
    'promotion_assignments': none,
    'erasure_requests': none,
    'customer_attributes': none,
} %}

with

delivered as (

    {% for source, amount in amounts.items() %}
        select
            '{{ source }}' as source,
            count(*) as row_count,
            coalesce(sum(cast({{ amount or 0 }} as numeric(38, 4))), 0) as amount
        from {{ ref('raw_' ~ source) }}
        {{ "union all" if not loop.last }}
    {% endfor %}

),

accounted as (

    select
        source,
        sum(row_count) as row_count,
        coalesce(sum(amount), 0) as amount
    from {{ ref('source_quality') }}
    group by 1

),

lost as (

    select
        delivered.source,
        delivered.row_count as delivered_row_count,
        accounted.row_count as accounted_row_count,
        delivered.amount as delivered_amount,
        accounted.amount as accounted_amount
    from delivered
    left join accounted
        on delivered.source = accounted.source
    where
        delivered.row_count != coalesce(accounted.row_count, 0)
        or delivered.amount != coalesce(accounted.amount, 0)

)

select * from lost
