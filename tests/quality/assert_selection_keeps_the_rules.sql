{#- Nobody is selected twice in a night, without consent, in a holdout, or for an offer
    beside another open one; and no budget is overdrawn. This is asked of the sources of
    the rules, not of the decision's own columns. -#}
with

customers as (select * from {{ ref('int_customers') }}),

decisions as (
    select * from {{ ref('customer_promotions') }}
    where is_selected
),

channels as (
    select * from {{ ref('int_customer_channels') }}
),

promotions as (
    select * from {{ ref('promotions') }}
),

budgets as (
    select * from {{ ref('int_promotion_budgets') }}
),

offer_types as (
    select * from {{ ref('offer_types') }}
),

open_offers as (
    select * from {{ ref('int_promotion_contacts') }}
    where is_open
),

selected as (

    select
        decisions.*,
        customers.customer_key,
        customers.is_minor,
        promotions.budget_id,
        promotions.valid_from,
        promotions.valid_to,
        offer_types.is_incentive
    from decisions
    inner join customers on decisions.customer_id = customers.customer_id
    inner join promotions on decisions.promotion_id = promotions.promotion_id
    inner join offer_types on promotions.offer_type = offer_types.offer_type

),

costs as (

    select
        budget_id,
        sum(expected_cost_amount) as cost
    from selected
    where budget_id is not null
    group by budget_id

),

failures as (

    select
        customer_id as who,
        'more than one message in a night' as what
    from selected
    group by customer_id
    having count(*) > 1

    union all

    select
        selected.customer_id as who,
        'may not be contacted on ' || selected.channel as what
    from selected
    left join channels
        on
            selected.customer_key = channels.customer_key
            and selected.channel = channels.channel
    where
        not coalesce(channels.is_permitted, false)
        or coalesce(selected.is_minor, false)

    union all

    select
        selected.customer_id as who,
        'is not in the treatment, or the promotion is not valid' as what
    from selected
    where
        coalesce(arm, 'none') != 'treatment'
        or valid_from > {{ send_date() }}
        or valid_to < {{ send_date() }}

    union all

    select
        selected.customer_id as who,
        'has another offer open: ' || open_offers.promotion_id as what
    from selected
    inner join open_offers
        on
            selected.customer_key = open_offers.customer_key
            and selected.promotion_id != open_offers.promotion_id
    where selected.is_incentive

    union all

    select
        costs.budget_id as who,
        'budget is overdrawn' as what
    from costs
    inner join budgets on costs.budget_id = budgets.budget_id
    where costs.cost > budgets.remaining_amount

)

select * from failures
