{#- A score from 1 to the number of scores, the worst value first; equal values get equal scores. -#}
{% macro rfm_score(score_count, percent_rank, cume_dist, threshold_score) -%}
    cast(least(
            case '{{ choice("rfm_scoring", ["percent_rank", "cume_dist", "thresholds"]) }}'
                when 'percent_rank' then 1 + floor({{ score_count }} * {{ percent_rank }})
                when 'cume_dist' then ceil({{ score_count }} * {{ cume_dist }})
                else coalesce({{ threshold_score }}, 1)
            end,
            {{ score_count }}
        ) as int)
{%- endmacro %}


{#- Whether a value, the higher the better, meets a limit that the marketer set; recency counts backwards. -#}
{% macro meets_rfm_limit(measure, measure_value, limit_value) -%}
    {{ measure_value }} >= case {{ measure }}
                when 'recency' then -{{ limit_value }}
                else {{ limit_value }}
            end
{%- endmacro %}


{#- Whether a day counts for frequency and monetary, seen from a last day; a window of 0 days is a lifetime. -#}
{% macro is_in_rfm_window(day, last_day) -%}
    ({{ var('rfm_window_days') }} = 0 or {{ dbt.datediff(day, last_day, 'day') }} < {{ var('rfm_window_days') }})
{%- endmacro %}
