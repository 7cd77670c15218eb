{#- PostgreSQL 15 has no try_cast: these functions read a text or give null, as DuckDB's try_cast does. They are made
    when a run starts, in the target's schema. -#}
{% macro warehouse_functions() -%}
    {{ return(adapter.dispatch('warehouse_functions', 'lifetime_segments')()) }}
{%- endmacro %}

{% macro default__warehouse_functions() -%}
{%- endmacro %}

{% macro redshift__warehouse_functions() -%}
{%- endmacro %}

{% macro postgres__warehouse_functions() -%}
    create schema if not exists {{ adapter.quote(target.schema) }};

    create or replace function {{ warehouse_function('try_number') }}(written text, digits int, decimals int)
    returns numeric language plpgsql immutable strict parallel safe as $$
    declare value numeric;
    begin
        if written !~ '^[+-]?([0-9][0-9_]*[.]?[0-9_]*|[.][0-9][0-9_]*)([eE][+-]?[0-9]{1,3})?$'
            or written ~ '(^|[^0-9])_|_([^0-9]|$)'
        then
            return null;
        end if;
        value := round(replace(written, '_', '')::numeric, decimals);
        return case when abs(value) < power(10::numeric, digits - decimals) then value end;
    end $$;

    create or replace function {{ warehouse_function('try_boolean') }}(written text)
    returns boolean language plpgsql immutable strict parallel safe as $$
    begin
        return case
            when lower(written) in ('true', 't', 'yes', 'y', '1') then true
            when lower(written) in ('false', 'f', 'no', 'n', '0') then false
        end;
    end $$;

    create or replace function {{ warehouse_function('try_date') }}(written text)
    returns date language plpgsql immutable strict parallel safe as $$
    declare
        part text[] := regexp_match(written, '^([0-9]{1,6})([-/ \\])([0-9]{1,2})\2([0-9]{1,2})(?![0-9])');
        year int := part[1];
        month int := part[3];
        day int := part[4];
        last int := case
            when month in (4, 6, 9, 11) then 30
            when month != 2 then 31
            when year % 4 = 0 and (year % 100 != 0 or year % 400 = 0) then 29
            else 28
        end;
    begin
        if lower(written) in ('infinity', '-infinity') then
            return written::date;
        end if;
        if part is null or month not between 1 and 12 or day not between 1 and last then
            return null;
        end if;
        return case when year = 0 then date '0001-01-01' else make_date(year, month, day) end;
    end $$;

    create or replace function {{ warehouse_function('try_timestamp') }}(written text)
    returns timestamp language plpgsql immutable strict parallel safe as $$
    declare
        day date := {{ warehouse_function('try_date') }}(written);
        part text[];
        hour int;
        minute int;
        second int;
    begin
        if day is null or written !~ ':' then
            return day::timestamp;
        end if;
        part := regexp_match(
            written,
            '^[0-9]+(.)[0-9]+\1[0-9]+(?: +|T)([0-9]{1,2}):([0-9]{1,2})(?::([0-9]{1,2})(?:[.]([0-9]*))?)?'
            || '(?:Z| UTC|[+-][0-9]{2}(?::?[0-9]{2})?)?$'
        );
        hour := part[2];
        minute := part[3];
        second := coalesce(part[4], '0');
        if part is null or minute > 59 or second > 59 or hour > 24
            or (hour = 24 and (minute + second > 0 or part[5] ~ '[1-9]'))
        then
            return null;
        end if;
        return day + make_interval(hours => hour, mins => minute, secs => second)
            + left(coalesce(part[5], '') || '000000', 6)::int * interval '1 microsecond';
    end $$;

    create or replace function {{ warehouse_function('try_instant') }}(written text)
    returns timestamptz language plpgsql immutable strict parallel safe as $$
    declare
        part text[] := regexp_match(written, ':[0-9]{1,2}(?:[.][0-9]*)?([+-])([0-9]{2})(?::?([0-9]{2}))?$');
        shift interval := interval '0';
    begin
        if written ~ ':' and written !~ ':[0-9]{1,2}:' then
            return null;
        end if;
        if part is not null then
            shift := (part[1] || '1')::int
                * make_interval(hours => part[2]::int, mins => coalesce(part[3], '0')::int);
        end if;
        return timezone('UTC', {{ warehouse_function('try_timestamp') }}(written) - shift);
    end $$;
{%- endmacro %}
