{#- Small cells: a number about a few people is about each of them. It is withheld below smallest_published_count, and so
    are others from which it could be computed. -#}


{#- Whether a count of distinct customers is too small to be published with what it says of them. None is small too: that
    nobody of a group has something is said of everybody in it. -#}
{% macro is_small_cell(customer_count) -%}
    (coalesce({{ customer_count }}, 0) < {{ var('smallest_published_count') }})
{%- endmacro %}


{#- Whether a cell of a published total is withheld: it is small, or a small one could be computed from it. Of the cells of
    a total the smallest are withheld until together they hold smallest_published_count customers, so that what the others
    leave of the total is no small cell either, and each of them may be anything from nobody to all of those.
    customer_count: of distinct customers; no customer in two cells. Where a cell shows a part of its customers (selected
      of eligible), the smaller of the part and the rest: both are then hidden well enough.
    total: the columns that name the total. order_by: those that tell its cells apart, which break ties.
    A total that is small itself, or all of whose cells are withheld and which holds too few, has to be withheld by the
    same rule among the totals around it: with is_small_cell. One table, one total: cells that add up in two directions
    (rows and columns both published) need more than this. -#}
{% macro is_suppressed_cell(customer_count, total, order_by) -%}
    {%- set known = 'coalesce(' ~ customer_count ~ ', 0)' -%}
    case
            when min({{ known }}) over (partition by {{ total | join(', ') }})
                >= {{ var('smallest_published_count') }} then false
            when {{ is_small_cell(customer_count) }} then true
            else coalesce(
                sum({{ known }}) over (
                    partition by {{ total | join(', ') }}
                    order by {{ known }} nulls last
                    {%- for column in order_by %}, {{ column }} nulls last{% endfor %}
                    rows between unbounded preceding and 1 preceding
                ), 0
            ) < {{ var('smallest_published_count') }}
        end
{%- endmacro %}
