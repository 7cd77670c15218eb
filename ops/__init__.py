"""The Python around dbt: one module a job."""
