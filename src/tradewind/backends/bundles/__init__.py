"""Where DAG files come from. In: settings. Out: bundles, each a name, a root folder and its current version."""
