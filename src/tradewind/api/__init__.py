"""HTTP door: the REST API, the page and its pushed updates. Reads via store.reads, writes only through a verb in actions."""
