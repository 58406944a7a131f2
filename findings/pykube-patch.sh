#!/usr/bin/env bash
# pykube-ng 23.6.0 (PyPI): its patch() sends another kind of patch than it says, and its update() cannot take anything away.
#
# Expected: `patch(strategic_merge_patch)`, "Patch the Kubernetes resource by calling the API with a "strategic merge" patch", sends
#           one; a label or a container that a script takes out of `obj` is gone after `update()`.
# Seen:     patch() sends `Content-Type: application/merge-patch+json`, which replaces lists: a patch that names one container by
#           name removes the others and what it does not say of that one. update() puts back what was taken out before it sends, so
#           that nothing goes, and it sends the whole object as it was read, resourceVersion included: scale(), which is built on
#           it, fails with 409 whenever the controller has written its status since. update(is_strategic=False) takes elements out of
#           lists, and keys of objects neither.
# Matters:  scripts that scale and change workloads. Read again (`reload()`) just before scale() or update(), set a key to None to
#           remove it, and give patch() whole lists.
#
# A stand-in for the API server shows what it was sent; nothing else is simulated. Exit codes: 0 as told here, 1 something else was
# seen, 3 a package could not be had.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m pip install -q --disable-pip-version-check --root-user-action=ignore --no-warn-conflicts --target "$work/py" \
  pykube-ng==23.6.0 || exit 3
seen=$(PYTHONPATH=$work/py python3 - <<'PY'
import copy, http.server, json, threading
import pykube

CONTAINERS = [{"name": "a", "image": "a:1"}, {"name": "b", "image": "b:1"}]
STORED = {"apiVersion": "apps/v1", "kind": "Deployment",
          "metadata": {"name": "web", "namespace": "default", "resourceVersion": "7", "labels": {"keep": "1", "drop": "1"}},
          "spec": {"replicas": 1, "template": {"spec": {"containers": CONTAINERS}}}}
received = []

class Handler(http.server.BaseHTTPRequestHandler):
    def log_message(self, *_): pass
    def do_GET(self): self.answer()
    def do_PATCH(self):
        received.append((self.headers["Content-Type"], json.loads(self.rfile.read(int(self.headers["Content-Length"])))))
        self.answer()
    def answer(self):
        body = json.dumps(STORED).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
threading.Thread(target=server.serve_forever, daemon=True).start()
api = pykube.HTTPClient(pykube.KubeConfig.from_url(f"http://127.0.0.1:{server.server_port}"))
def read(): return pykube.Deployment(api, copy.deepcopy(STORED))

read().patch({"spec": {"template": {"spec": {"containers": [{"name": "a", "image": "a:2"}]}}}})
print("patch() is sent as", received[-1][0])
for way in (True, False):
    web = read()
    del web.labels["drop"]
    web.obj["spec"]["template"]["spec"]["containers"].pop()
    web.update(is_strategic=way)
    body = received[-1][1]
    print(f"update(is_strategic={way}) without a label and a container sends",
          sorted(body["metadata"]["labels"]), [one["name"] for one in body["spec"]["template"]["spec"]["containers"]])
print("update() sends resourceVersion", received[-1][1]["metadata"]["resourceVersion"])
PY
)
expected="patch() is sent as application/merge-patch+json
update(is_strategic=True) without a label and a container sends ['drop', 'keep'] ['a', 'b']
update(is_strategic=False) without a label and a container sends ['keep'] ['a']
update() sends resourceVersion 7"
echo "$seen"
[ "$seen" = "$expected" ] || { echo "CHANGED: expected"; echo "$expected"; exit 1; }
echo "As told: patch() replaces lists, and what is taken out of an object comes back with update()."
