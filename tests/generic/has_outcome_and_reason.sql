{#- Fails with each row without an outcome, or with a reason nobody can look up. -#}
{% test has_outcome_and_reason(model) %}

select
    checked.row_key,
    checked.outcome,
    checked.reason
from {{ model }} as checked
left join {{ ref('quarantine_reasons') }} as quarantine_reasons
    on checked.reason = quarantine_reasons.reason
where
    checked.outcome is null
    or checked.outcome not in (
        'accepted', 'duplicate', 'superseded', 'quarantined', 'after_as_of', 'erased'
    )
    or (checked.outcome = 'quarantined' and checked.reason is null)
    or (checked.reason is not null and quarantine_reasons.reason is null)

{% endtest %}
