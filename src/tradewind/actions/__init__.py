"""Every verb once: what people, the CLI, the API and the scheduler may do. Checks, writes, journals, audits."""
