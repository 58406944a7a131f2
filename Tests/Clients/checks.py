"""What the scripts of this folder share.

Each asserts what its client makes of the cluster of $KUBECONFIG, and prints what it saw."""
import os
import sys
import time

KUBECONFIG = os.environ["KUBECONFIG"]
# An image with a shell and busybox that is on every node.
IMAGE = os.environ.get("IMAGE", "tools:test")
# Prints a line to each stream, serves HTTP, and ends at once when it is told to.
SCRIPT = """trap 'exit 0' TERM
echo one; echo two >&2
mkdir -p /w; echo served > /w/index.html; busybox httpd -p 8080 -h /w
sleep 1000 & wait"""
CONTAINER = {"name": "c", "image": IMAGE, "imagePullPolicy": "Never", "command": ["sh", "-c", SCRIPT]}
POD_SPEC = {"containers": [CONTAINER], "terminationGracePeriodSeconds": 0}
LABELS = {"app": "web"}


def manifest(api_version, kind, name, **members):
    return {"apiVersion": api_version, "kind": kind, "metadata": {"name": name}} | members


def pod(name):
    return manifest("v1", "Pod", name, spec=POD_SPEC)


def deployment(name, replicas):
    template = {"metadata": {"labels": LABELS}, "spec": POD_SPEC}
    return manifest("apps/v1", "Deployment", name,
                    spec={"replicas": replicas, "selector": {"matchLabels": LABELS}, "template": template})


def same(what, seen, wanted):
    print(f"{what}: {seen!r}", flush=True)
    if seen != wanted:
        sys.exit(f"FAILED: {what}: {seen!r} instead of {wanted!r}")


def refused(what, error, call, code=lambda error: error.status):
    """What the call is refused with."""
    try:
        seen = call()
    except error as problem:
        print(f"{what}: refused with {code(problem)}", flush=True)
        return code(problem)
    sys.exit(f"FAILED: {what}: not refused: {seen!r}")


def until(what, holds):
    """Asks until the answer holds. The limit only ends a script that waits in vain."""
    limit = time.monotonic() + 30
    while not (seen := holds()):
        if time.monotonic() > limit:
            sys.exit(f"FAILED: {what}: {seen!r}")
        time.sleep(0.02)
    return seen
