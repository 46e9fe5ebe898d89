"""Hand-over. WorkOrder in; Started, Finished, Lost out. Never imports the worker: it starts one."""
