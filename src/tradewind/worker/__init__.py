"""The only room that runs user tasks for a run. Speaks by messages, never to SQL."""
