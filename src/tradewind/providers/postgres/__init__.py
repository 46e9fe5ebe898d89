"""PostgreSQL, over psycopg 3. Hook and operator."""
