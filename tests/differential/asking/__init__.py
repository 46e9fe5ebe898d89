"""How the real Airflow is asked: runs only where ``apache-airflow==2.11.*`` is installed."""
