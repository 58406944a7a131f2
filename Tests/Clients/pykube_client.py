"""pykube-ng 23.6: dictionaries, merge patches with the revision in them, tables."""
import pykube
from checks import *

api = pykube.HTTPClient(pykube.KubeConfig.from_file(KUBECONFIG))
NS = "pykube"


def here(manifest):
    manifest["metadata"]["namespace"] = NS
    return manifest


same("version", api.version, ("1", "36"))
pykube.Namespace(api, manifest("v1", "Namespace", NS)).create()
until("the account", lambda: list(pykube.ServiceAccount.objects(api).filter(namespace=NS)))
web = pykube.Deployment(api, here(deployment("d", 0)))
web.create()
same("status of a new Deployment", web.obj["status"], {})
until("its controller", lambda: web.reload() or web.obj["status"].get("observedGeneration") == 1)
web.scale(1)
same("scaled", web.obj["spec"]["replicas"], 1)
until("its pod", lambda: web.reload() or web.ready)
web.patch({"metadata": {"labels": {"merge": "1"}}})
same("a merge patch", web.labels, {"merge": "1"})
stale = pykube.Deployment(api, web.obj)
web.patch({"metadata": {"labels": {"merge": "2"}}})
stale.labels["merge"] = "3"
same("of an old revision", refused("update", pykube.exceptions.HTTPError, stale.update, lambda problem: problem.code), 409)

p = pykube.Pod(api, here(pod("p")))
p.create()
same("phase of a new pod", p.obj["status"]["phase"], "Pending")
until("ready", lambda: p.reload() or p.ready)
until("its log", lambda: p.logs() == "one\ntwo\n")
same("its last line", p.logs(tail_lines=1), "two\n")
pods = pykube.Pod.objects(api).filter(namespace=NS)
table = pods.filter(field_selector={"metadata.name": "p"}).as_table()
same("a table's first cells", table.rows[0]["cells"][:4], ["p", "1/1", "Running", "0"])
same("by label", [item.labels["app"] for item in pods.filter(selector={"app__in": {"web", "x"}})], ["web"])
same("by field", {item.name for item in pods.filter(field_selector={"status.phase": "Running", "metadata.name": "p"})}, {"p"})
same("watched", next(iter(pods.filter(field_selector={"metadata.name": "p"}).watch())).type, "ADDED")
Lease = pykube.object_factory(api, "coordination.k8s.io/v1", "Lease")
Lease(api, here(manifest("coordination.k8s.io/v1", "Lease", "l", spec={"holderIdentity": "me"}))).create()
same("a kind by discovery", [lease.obj["spec"] for lease in Lease.objects(api).filter(namespace=NS)], [{"holderIdentity": "me"}])
p.delete()
same("after its deletion", p.exists(), False)
web.delete(propagation_policy="Foreground")
until("the Deployment is gone", lambda: not web.exists())
