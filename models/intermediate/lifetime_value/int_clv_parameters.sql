-- One row per parameter group, and one for the whole.
-- With which parameters are its customers predicted, and if with none, why?
with

fitted as (
    select * from {{ fitted_parameters('int_clv_fit', as_of_date()) }}
),

summary as (
    select * from {{ ref('int_customer_clv_summary') }}
),

parameter_groups as (

    select 'all' as parameter_group
    {{ union_distinct() }}
    select parameter_group
    from summary

),

judged as (

    select
        parameter_groups.parameter_group as group_name,
        fitted.*,
        {{ purchase_refusal('fitted') }} as purchase_reason,
        {{ value_refusal('fitted') }} as value_reason
    from parameter_groups
    left join fitted
        on parameter_groups.parameter_group = fitted.parameter_group

),

whole as (
    select * from judged
    where group_name = 'all'
),

-- the more customers a group has, the more its own parameters say
weighted as (

    select
        judged.*,
        whole.r as whole_r,
        whole.alpha as whole_alpha,
        whole.a as whole_a,
        whole.b as whole_b,
        whole.p as whole_p,
        whole.q as whole_q,
        whole.v as whole_v,
        whole.fitted_as_of as whole_fitted_as_of,
        {{ own_weight('judged.customer_count', 'purchase_reason') }} as purchase_weight,
        {{ own_weight('judged.valued_customer_count', 'value_reason') }} as value_weight
    from judged
    cross join whole

),

final as (

    select
        group_name as parameter_group,
        {{ parameter_origin('purchase_weight') }} as purchase_status,
        purchase_reason,
        {{ shrunk_parameter('r', 'purchase_weight') }} as r,
        {{ shrunk_parameter('alpha', 'purchase_weight') }} as alpha,
        {{ shrunk_parameter('a', 'purchase_weight') }} as a,
        {{ shrunk_parameter('b', 'purchase_weight') }} as b,
        cast(r_log_standard_error as numeric(38, 12)) as r_log_standard_error,
        cast(alpha_log_standard_error as numeric(38, 12)) as alpha_log_standard_error,
        cast(a_log_standard_error as numeric(38, 12)) as a_log_standard_error,
        cast(b_log_standard_error as numeric(38, 12)) as b_log_standard_error,
        cast(bgnbd_log_likelihood as numeric(38, 6)) as bgnbd_log_likelihood,
        {{ parameter_origin('value_weight') }} as value_status,
        value_reason,
        {{ shrunk_parameter('p', 'value_weight') }} as p,
        {{ shrunk_parameter('q', 'value_weight') }} as q,
        {{ shrunk_parameter('v', 'value_weight') }} as v,
        cast(p_log_standard_error as numeric(38, 12)) as p_log_standard_error,
        cast(q_log_standard_error as numeric(38, 12)) as q_log_standard_error,
        cast(v_log_standard_error as numeric(38, 12)) as v_log_standard_error,
        cast(gamma_gamma_log_likelihood as numeric(38, 6))
            as gamma_gamma_log_likelihood,
        {{ rounded('frequency_value_correlation', 18, 6) }}
            as frequency_value_correlation,
        cast(coalesce(customer_count, 0) as bigint) as customer_count,
        cast(coalesce(repeat_customer_count, 0) as bigint) as repeat_customer_count,
        cast(coalesce(valued_customer_count, 0) as bigint) as valued_customer_count,
        coalesce(fitted_as_of, whole_fitted_as_of) as fitted_as_of
    from weighted

)

select * from final
