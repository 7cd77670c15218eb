# One row per parameter group, and one for the whole.
# Which parameters make what the customers did most likely?
import sys

from dbt.flags import get_flags


def model(dbt, session):
    dbt.config(materialized="table")
    # the mathematics are the project's own, and Python does not search its folder by itself
    sys.path.insert(0, str(get_flags().PROJECT_DIR))
    try:
        from ops.fit import as_relation, fit_groups
    finally:
        sys.path.pop(0)
    return as_relation(fit_groups(dbt.ref("int_customer_clv_summary")), session)
