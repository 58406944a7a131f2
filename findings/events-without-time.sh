#!/usr/bin/env bash
# lightkube 1.0.1 with lightkube-models 1.37.0.8, kubernetes-asyncio 36.1.0 (PyPI): neither can list the events of a cluster by
# events.k8s.io/v1.
#
# Expected: a list of events is read, whoever recorded them.
# Seen:     an event that its reporter recorded in the core group, as the kubelet and most controllers do, has `eventTime: null` in
#           events.k8s.io/v1, because the field is written always. Both clients take the schema at its word, in which eventTime is
#           required, and refuse the whole list for one such event. The same event by the core group is read.
# Matters:  whoever waits for SuccessfulRescale or Pulled with these clients has to read events by the core group ("v1"), although
#           events.k8s.io/v1 is the newer API.
#
# Exit codes: 0 as told here, 1 something else was seen, 3 a package could not be had.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m pip install -q --disable-pip-version-check --root-user-action=ignore --no-warn-conflicts --target "$work/py" \
  lightkube==1.0.1 lightkube-models==1.37.0.8 kubernetes-asyncio==36.1.0 || exit 3
seen=$(PYTHONPATH=$work/py python3 - <<'PY'
import asyncio, http.server, json, threading
import kubernetes_asyncio.client as kubernetes
from lightkube import Client, KubeConfig
from lightkube.resources.core_v1 import Event as CoreEvent
from lightkube.resources.events_v1 import Event

REGARDING = {"kind": "Pod", "namespace": "default", "name": "web-0", "apiVersion": "v1"}
METADATA = {"name": "web-0.17a", "namespace": "default", "creationTimestamp": "2026-01-01T00:00:00Z"}
ANSWERS = {
    "/api/v1": {"apiVersion": "v1", "kind": "EventList", "metadata": {}, "items": [{
        "metadata": METADATA, "involvedObject": REGARDING, "reason": "Pulled", "message": "m", "type": "Normal", "count": 1,
        "source": {"component": "kubelet"}, "firstTimestamp": "2026-01-01T00:00:00Z", "lastTimestamp": "2026-01-01T00:00:00Z",
        "eventTime": None, "reportingComponent": "kubelet", "reportingInstance": "node"}]},
    "/apis/events.k8s.io/v1": {"apiVersion": "events.k8s.io/v1", "kind": "EventList", "metadata": {}, "items": [{
        "metadata": METADATA, "regarding": REGARDING, "reason": "Pulled", "note": "m", "type": "Normal", "deprecatedCount": 1,
        "deprecatedSource": {"component": "kubelet"}, "deprecatedFirstTimestamp": "2026-01-01T00:00:00Z",
        "deprecatedLastTimestamp": "2026-01-01T00:00:00Z", "eventTime": None, "reportingController": "kubelet",
        "reportingInstance": "node"}]},
}

class Handler(http.server.BaseHTTPRequestHandler):
    def log_message(self, *_): pass
    def do_GET(self):
        body = json.dumps(ANSWERS[self.path.split("/namespaces/")[0]]).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
threading.Thread(target=server.serve_forever, daemon=True).start()
url = f"http://127.0.0.1:{server.server_port}"

def told(client, kind, read):
    try:
        print(f"{client:19} {kind:17} reads", [event.reason for event in read()])
    except Exception as problem:
        print(f"{client:19} {kind:17} {type(problem).__name__}: {problem}")

light = Client(namespace="default", config=KubeConfig.from_dict({
    "current-context": "c", "contexts": [{"name": "c", "context": {"cluster": "c", "user": "u"}}],
    "clusters": [{"name": "c", "cluster": {"server": url}}], "users": [{"name": "u", "user": {"token": "t"}}]}))
told("lightkube", "v1", lambda: list(light.list(CoreEvent)))
told("lightkube", "events.k8s.io/v1", lambda: list(light.list(Event)))

async def read(api):
    async with kubernetes.ApiClient(kubernetes.Configuration(host=url)) as connection:
        return (await api(connection).list_namespaced_event("default")).items

told("kubernetes-asyncio", "v1", lambda: asyncio.run(read(kubernetes.CoreV1Api)))
told("kubernetes-asyncio", "events.k8s.io/v1", lambda: asyncio.run(read(kubernetes.EventsV1Api)))
PY
)
expected='lightkube           v1                reads ['"'Pulled'"']
lightkube           events.k8s.io/v1  ValidationError: Expected `datetime`, got `null` - at `$.items[0].eventTime`
kubernetes-asyncio  v1                reads ['"'Pulled'"']
kubernetes-asyncio  events.k8s.io/v1  ValueError: Invalid value for `event_time`, must not be `None`'
echo "$seen"
[ "$seen" = "$expected" ] || { echo "CHANGED: expected"; echo "$expected"; exit 1; }
echo "As told: one event of a kubelet makes a whole list of events.k8s.io/v1 unreadable to both; by the core group it is read."
