"""The probe: runs inside a profiling copy of a Python service and tells what the service does under load.

Standard library only, Python 3.9 to 3.13. It is loaded by `inject/sitecustomize.py` under a name of its own, so it
imports nothing but its neighbours, and it must never break the service: whatever fails here becomes a note.
"""
