{#- What a promotion is expected to bring, per message. p is the probability that the customer buys within 30 days
    anyway, r the share of those who would not have bought and do because of it, m the margin of one order before the
    offer, c what the offer costs with each order that uses it: r (1 - p) m - (p + r (1 - p)) c. Those who would have
    bought anyway use the offer too, which is what makes a discount dear. -#}
{% macro incremental_margin(baseline_rate, response_rate, order_margin, offer_cost) -%}
    ({{ response_rate }} * (1 - {{ baseline_rate }}) * {{ order_margin }}
        - {{ expected_uses(baseline_rate, response_rate) }} * {{ offer_cost }})
{%- endmacro %}


{#- The probability that a customer who got the offer uses it. -#}
{% macro expected_uses(baseline_rate, response_rate) -%}
    ({{ baseline_rate }} + {{ response_rate }} * (1 - {{ baseline_rate }}))
{%- endmacro %}
