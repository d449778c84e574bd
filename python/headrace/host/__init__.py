"""The task host: a warm interpreter that describes, checks and runs unchanged Luigi tasks.

    headrace ──control──▶ zygote (imports the user's module once, then only forks; zygote.py)
             ──socket───▶   ├── session (one plan: describe, expand, complete; session.py)
             ◀─report────   └── task    (one attempt; run.py)

The protocol is written down in docs/host_protocol.md. Until the first fork everything here is
single-threaded and uses the standard library and Luigi alone. No user code runs in the zygote after
its imports: what a task or a plan does (hang, leak, crash) cannot reach the next one.
"""
