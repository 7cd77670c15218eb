{#- Addresses as tools and advertising platforms write them. What cannot be read with certainty is null: no hash is better
    than the hash of somebody else. -#}


{#- White space, also what engines' trim() and \s leave: no-break and thin spaces, zero-width marks. -#}
{% macro white_space() -%}
    {{- return(' \t\n\r\x0b\x0c\x85\u00a0\u2007\u2009\u200a\u200b\u200e\u200f\u202f\u2060\u3000\ufeff') -}}
{%- endmacro %}


{#- An e-mail address without white space at its ends, in Unicode's composed form; null if it is none. -#}
{% macro email_address(email) -%}
    {%- set address = trimmed(nfc(email), "'" ~ white_space() ~ "'") -%}
    case
            when {{ matches(address, '^[^@\\s\u00a0]+@[^@\\s\u00a0]+$') }} then {{ address }}
        end
{%- endmacro %}


{#- In lower case; the capital I first, of which a Turkish server makes a dotless i. -#}
{% macro email_for_meta(address) -%}
    lower(replace({{ address }}, 'I', 'i'))
{%- endmacro %}


{#- Google's rule for Customer Match: in lower case, and of gmail.com and googlemail.com, which ignore them, without dots
    and without a plus and what follows it. -#}
{% macro email_for_google(address) -%}
    {%- set lowered = email_for_meta(address) -%}
    {%- set mailbox = dbt.split_part(dbt.split_part(lowered, "'@'", 1), "'+'", 1) -%}
    {%- set domain = dbt.split_part(lowered, "'@'", 2) -%}
    case
            when {{ domain }} not in ('gmail.com', 'googlemail.com') then {{ lowered }}
            when replace({{ mailbox }}, '.', '') != ''
                then replace({{ mailbox }}, '.', '') || '@' || {{ domain }}
        end
{%- endmacro %}


{#- A telephone number without white space, punctuation and the (0) of an international one: digits, a plus before them. -#}
{% macro phone_text(phone) -%}
    {%- set compact = "translate(" ~ phone ~ ", '" ~ white_space() ~ "', '')" -%}
    {%- set marks = '()[]-./\u2010\u2011\u2012\u2013\u2014\u2212' -%}
    translate(
        case
            when {{ matches(compact, '^[(]?([+]|00)') }}
                then replace({{ compact }}, '(0)', '')
            else {{ compact }}
        end,
        '{{ marks }}',
        ''
    )
{%- endmacro %}


{#- The digits of the international number (E.164), calling code first, without plus; text is a phone_text, the rest is
    what seed calling_codes says of the customer's country, null if it is not known. A national number has to begin with
    the trunk prefix, where there is one: without it, it may be a local number, or begin with a calling code. -#}
{% macro phone_digits(text, calling_code, trunk_prefix, minimum_digits, maximum_digits) -%}
    {%- set rest = "substr(" ~ text ~ ", length(coalesce(" ~ trunk_prefix ~ ", '')) + 1)" -%}
    {%- set has_trunk = "substr(" ~ text ~ ", 1, length(" ~ trunk_prefix ~ ")) = " ~ trunk_prefix -%}
    {%- set has_code = "substr(" ~ text ~ ", 1, length(" ~ calling_code ~ ")) = " ~ calling_code -%}
    case
            when {{ matches(text, '^[+][1-9][0-9]{6,14}$') }} then substr({{ text }}, 2)
            when {{ matches(text, '^00[1-9][0-9]{6,14}$') }} then substr({{ text }}, 3)
            when not {{ matches(text, '^[0-9]+$') }} or {{ calling_code }} is null then null
            when
                {{ has_trunk }}
                and substr({{ rest }}, 1, 1) != '0'
                and length({{ rest }}) between {{ minimum_digits }} and {{ maximum_digits }}
                and length({{ calling_code }} || {{ rest }}) between 7 and 15
                then {{ calling_code }} || {{ rest }}
            when
                (({{ trunk_prefix }} is null and not {{ has_code }}) or {{ trunk_prefix }} = {{ calling_code }})
                and not coalesce({{ has_trunk }}, false)
                and ({{ trunk_prefix }} is null or substr({{ text }}, 1, 1) != '0')
                and length({{ text }}) between {{ minimum_digits }} and {{ maximum_digits }}
                and length({{ calling_code }} || {{ text }}) between 7 and 15
                then {{ calling_code }} || {{ text }}
        end
{%- endmacro %}


{#- SHA-256 in lower-case hex of an identifier, unsalted as the platforms ask for it; of nothing there is none. -#}
{% macro hashed_identifier(identifier) -%}
    case when {{ identifier }} != '' then {{ sha256_hex(identifier) }} end
{%- endmacro %}
