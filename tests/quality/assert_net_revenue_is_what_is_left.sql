{#- Gross less discount less refunds is net revenue, for every customer. -#}
select
    customer_id,
    gross_amount,
    discount_amount,
    refund_amount,
    net_revenue_amount
from {{ ref('customers') }}
where net_revenue_amount != gross_amount - discount_amount - refund_amount
