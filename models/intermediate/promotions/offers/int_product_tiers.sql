-- One row per product of a known category and currency in which it was sold.
-- Where does it stand in the category by its price, and which offers are dearer?
with

prices as (
    select * from {{ ref('int_product_prices') }}
    where is_latest
),

offers as (
    select * from {{ ref('int_product_offers') }}
    where category is not null
),

priced as (

    select
        offers.product_id,
        offers.category,
        offers.is_offered,
        prices.currency,
        prices.unit_price
    from offers
    inner join prices on offers.product_id = prices.product_id

),

-- offers are numbered from the cheapest; equal prices are counted together
ranked as (

    select
        priced.*,
        row_number() over (
            partition by category, currency, is_offered
            order by unit_price asc nulls last, product_id asc nulls last
        ) as price_rank,
        count(case when is_offered then product_id end) over (
            partition by category, currency
            order by unit_price asc nulls last
            range between unbounded preceding and current row
        ) as offer_count
    from priced

),

final as (

    select
        product_id,
        category,
        currency,
        unit_price,
        case when is_offered then cast(price_rank as bigint) end as offer_rank,
        cast(offer_count as bigint) as offer_count
    from ranked

)

select * from final
