"""Students' code at arm's length: `host` is the judge's side, `child` what runs in the sandbox."""
