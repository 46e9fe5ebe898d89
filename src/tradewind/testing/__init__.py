"""Second door: for people who test their DAGs."""
