-- One row per known customer.
-- Do they recommend the shop, and how do we know?
with

customers as (
    select * from {{ ref('int_customers') }}
),

engagement as (
    select * from {{ ref('int_customer_engagement') }}
),

surveys as (
    select * from {{ ref('stg_surveys') }}
),

-- what people say today replaces what they said before
ranked_answers as (

    select
        customer_id,
        score,
        row_number() over (
            partition by customer_id
            order by responded_at desc nulls last, response_id desc nulls last
        ) as answer_rank
    from surveys
    where
        lower(question) = 'nps'
        and score between 0 and 10

),

latest_answers as (

    select
        customer_id,
        score
    from ranked_answers
    where answer_rank = 1

),

referred as (

    select
        referred_by as customer_id,
        count(*) as referred_customer_count
    from customers
    where referred_by != customer_id
    group by referred_by

),

joined as (

    select
        customers.customer_key,
        cast(latest_answers.score as numeric(18, 2)) as nps_score,
        coalesce(engagement.review_count, 0) as review_count,
        coalesce(engagement.content_count, 0) as content_count,
        coalesce(engagement.referral_count, 0) as referral_count,
        coalesce(referred.referred_customer_count, 0) as referred_customer_count
    from customers
    left join latest_answers on customers.customer_id = latest_answers.customer_id
    left join engagement on customers.customer_key = engagement.customer_key
    left join referred on customers.customer_id = referred.customer_id

),

reasoned as (

    select
        *,
        case
            when referral_count + referred_customer_count > 0
                then 'brought other customers'
            when review_count > 0 then 'posted a review'
            when content_count > 0 then 'shared content about the shop'
            when nps_score >= {{ var('nps_promoter_score') }}
                then 'would recommend the shop'
        end as advocacy_reason
    from joined

),

final as (

    select
        customer_key,
        nps_score,
        cast(review_count as bigint) as review_count,
        cast(content_count as bigint) as content_count,
        cast(referral_count as bigint) as referral_count,
        cast(referred_customer_count as bigint) as referred_customer_count,
        advocacy_reason is not null as is_advocate,
        advocacy_reason
    from reasoned

)

select * from final
