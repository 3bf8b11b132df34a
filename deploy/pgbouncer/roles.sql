-- Once, as PostgreSQL's administrator: what the programs ask of a connection, and pgbouncer cannot pass on.
ALTER ROLE portal SET idle_in_transaction_session_timeout = '30s';
ALTER ROLE portal SET jit = off;
ALTER ROLE portal SET random_page_cost = 1.1;
ALTER ROLE portal SET default_transaction_isolation = 'read committed';
ALTER ROLE external_api SET idle_in_transaction_session_timeout = '30s';
ALTER ROLE external_api SET jit = off;
ALTER ROLE external_api SET random_page_cost = 1.1;
ALTER ROLE external_api SET default_transaction_isolation = 'read committed';
