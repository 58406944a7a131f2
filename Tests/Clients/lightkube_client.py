"""lightkube 1.0.1: dataclasses of v1.37, read by msgspec, which refuses a type that does not fit."""
import importlib
import inspect
import pkgutil

import lightkube.resources
from checks import *
from lightkube import ApiError, Client, KubeConfig
from lightkube.core.resource import NamespacedResource, Resource
from lightkube.generic_resource import create_namespaced_resource
from lightkube.models import apps_v1, autoscaling_v1, core_v1, meta_v1
from lightkube.models.meta_v1 import ObjectMeta
from lightkube.resources.apps_v1 import Deployment
from lightkube.resources.core_v1 import ConfigMap, Event, Namespace, Pod, ServiceAccount
from lightkube.resources.storage_v1 import StorageClass
from lightkube.types import CascadeType, PatchType

client = Client(config=KubeConfig.from_file(KUBECONFIG), namespace="lightkube", field_manager="lightkube")
same("a new namespace", client.create(Namespace(metadata=ObjectMeta(name="lightkube"))).status.phase, "Active")
until("the account", lambda: list(client.list(ServiceAccount)))
spec = core_v1.PodSpec(**POD_SPEC | {"containers": [core_v1.Container(**CONTAINER)]})
template = core_v1.PodTemplateSpec(metadata=ObjectMeta(labels=LABELS), spec=spec)
made = client.create(Deployment(metadata=ObjectMeta(name="d"), spec=apps_v1.DeploymentSpec(
    replicas=0, selector=meta_v1.LabelSelector(matchLabels=LABELS), template=template)))
same("status of a new Deployment", made.status, apps_v1.DeploymentStatus())

# Every kind that is served can be listed and read.
seen = []
for module in pkgutil.iter_modules(lightkube.resources.__path__):
    for name, kind in vars(importlib.import_module("lightkube.resources." + module.name)).items():
        if inspect.isclass(kind) and issubclass(kind, Resource) and "list" in kind._api_info.verbs and module.name != "events_v1":
            try:
                everywhere = {"namespace": "*"} if issubclass(kind, NamespacedResource) else {}
                list(client.list(kind, **everywhere))
                seen.append(name)
            except Exception as problem:
                if getattr(getattr(problem, "response", None), "status_code", None) != 404:
                    raise
print("listed:", *seen)
same("kinds that are listed", len(seen) > 30, True)

patches = {
    PatchType.JSON: [{"op": "add", "path": "/metadata/labels", "value": {"json": "1"}}],
    PatchType.MERGE: {"metadata": {"labels": {"merge": "1"}}},
    PatchType.STRATEGIC: {"metadata": {"labels": {"strategic": "1", "merge": None}}},
    PatchType.APPLY: {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "d", "labels": {"apply": "1"}}},
}
for kind, body in patches.items():
    patched = client.patch(Deployment, "d", body, patch_type=kind)
same("labels of four patches", patched.metadata.labels, {"json": "1", "strategic": "1", "apply": "1"})
scale = Deployment.Scale(metadata=ObjectMeta(name="d"), spec=autoscaling_v1.ScaleSpec(replicas=1))
same("scaled", client.replace(scale, "d").spec.replicas, 1)
same("as the Deployment has it", client.get(Deployment, "d").spec.replicas, 1)
same("the Deployment is there", client.wait(Deployment, "d", for_conditions=["Available"]).status.readyReplicas, 1)

applied = client.apply(ConfigMap(metadata=ObjectMeta(name="a"), data={"k": "v"}))
same("who applied", [(entry.manager, entry.operation) for entry in applied.metadata.managedFields], [("lightkube", "Apply")])
other = ConfigMap(metadata=ObjectMeta(name="a"), data={"k": "w"})
same("a conflict", refused("apply of another", ApiError, lambda: client.apply(other, field_manager="other"),
                           lambda problem: (problem.status.code, problem.status.reason)), (409, "Conflict"))
client.delete(ConfigMap, "a")
events = client.watch(ConfigMap, server_timeout=10)
client.create(ConfigMap(metadata=ObjectMeta(name="b")))
same("watched", {next(events)[1].metadata.name for _ in range(2)}, {"b", "kube-root-ca.crt"})

client.create(Pod(metadata=ObjectMeta(name="p"), spec=spec))
same("the pod comes to", client.wait(Pod, "p", for_conditions=["Ready"]).status.phase, "Running")
lines = client.log("p", follow=True, newlines=False)
same("followed", [next(lines), next(lines)], ["one", "two"])
same("events", "Scheduled" in {event.reason for event in client.list(Event, fields={"involvedObject.name": "p"})}, True)
client.create(StorageClass(metadata=ObjectMeta(name="lightkube"), provisioner="x"))
client.delete(StorageClass, "lightkube")
Lease = create_namespaced_resource("coordination.k8s.io", "v1", "Lease", "leases")
same("a kind without a class", client.create(Lease(metadata=ObjectMeta(name="l"), spec={"holderIdentity": "me"})).spec,
     {"holderIdentity": "me"})
client.deletecollection(ConfigMap)
client.create(Pod(metadata=ObjectMeta(name="q"), spec=spec))
client.delete(Pod, "q", grace_period=0, cascade=CascadeType.BACKGROUND)
until("q is gone", lambda: "q" not in {item.metadata.name for item in client.list(Pod)})
same("absent", refused("q", ApiError, lambda: client.get(Pod, "q"), lambda problem: problem.status.code), 404)

# At the end: a thread of httpx2 2.16.2 goes on reading from the descriptor of a WebSocket that is closed, and so from the next
# connection that gets its number.
answer = client.exec("p", command=["sh", "-c", "cat; exit 3"], stdin="in\n", stdout=True, stderr=True)
same("exec", (answer.stdout, answer.exit_code), ("in\n", 3))
