"""kr8s 0.20: kubectl-like, by discovery, with conditions to wait for and ports to forward."""
import urllib.request
import warnings

from checks import *

# It warns of every version of Kubernetes that came after it.
warnings.filterwarnings("ignore", "Kubernetes version")
import kr8s
from kr8s.objects import ConfigMap, Deployment, Namespace, Pod

api = kr8s.api(kubeconfig=KUBECONFIG)
api.namespace = "kr8s"
Namespace(manifest("v1", "Namespace", "kr8s"), api=api).create()
until("the account", lambda: list(api.get("serviceaccounts")))
same("version", api.version()["gitVersion"], "v1.36.2")
same("who am I", api.whoami(), "kubernetes-admin")
same("a kind by its short name", api.lookup_kind("deploy"), ("deployment.apps/v1", "deployments", True))
same("kinds", {"Pod", "Deployment", "HorizontalPodAutoscaler"} <= {kind["kind"] for kind in api.api_resources()}, True)

web = Deployment(deployment("d", 0), namespace="kr8s", api=api)
web.create()
same("status of a new Deployment", web.raw["status"].to_dict(), {})
web.scale(2)
web.wait("condition=Available", timeout=30)
until("both pods", lambda: web.refresh() or web.raw["status"].get("readyReplicas") == 2)
same("its pods", len(list(web.pods())), 2)

p = Pod(pod("p"), namespace="kr8s", api=api)
p.create()
p.wait("condition=Ready", timeout=30)
same("ready", p.ready(), True)
same("its log", until("lines", lambda: len(lines := list(p.logs())) == 2 and lines), ["one", "two"])
same("exec", p.exec(["sh", "-c", "echo out"]).stdout, b"out\n")
same("exec that fails", p.exec(["sh", "-c", "exit 3"], check=False).returncode, 3)
with p.portforward(8080, local_port="auto") as port:
    same("through a forwarded port", urllib.request.urlopen(f"http://127.0.0.1:{port}/").read(), b"served\n")
p.label({"merge": "1"})
p.annotate({"merge": "1"})
p.patch([{"op": "add", "path": "/metadata/labels/json", "value": "1"}], type="json")
p.patch({"metadata": {"labels": {"merge": None, "strategic": "1"}}}, type="strategic")
same("labels of three patches", (p.labels.to_dict(), p.annotations.to_dict()), ({"json": "1", "strategic": "1"}, {"merge": "1"}))
seen = {}
for kind, item in api.watch("pods"):
    seen[item.name] = kind
    if len(seen) == 3:
        break
same("watched", set(seen.values()), {"ADDED"})
same("events", "Scheduled" in {event.raw["reason"] for event in api.get("events", field_selector="involvedObject.name=p")}, True)
p.delete()
same("after its deletion", p.exists(), False)
web.delete(propagation_policy="Foreground")
web.wait("delete", timeout=30)
same("absent", refused("d", kr8s.NotFoundError, lambda: Deployment.get("d", namespace="kr8s", api=api), lambda _: 404), 404)
double = ConfigMap(manifest("v1", "ConfigMap", "kube-root-ca.crt"), namespace="kr8s", api=api)
same("twice", refused("kube-root-ca.crt", kr8s.ServerError, double.create, lambda problem: problem.response.status_code), 409)
