{#- Predicted and actual orders of the hold-out are near each other; it warns. -#}
{{ config(severity='warn') }}

with

backtest as (
    select * from {{ ref('clv_backtest') }}
    where breakdown = 'all'
)

select
    cut_date,
    as_of_date,
    predicted_order_count,
    actual_order_count,
    calibration_ratio
from backtest
where abs(calibration_ratio - 1) > {{ var('clv_calibration_tolerance') }}
