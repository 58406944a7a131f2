"""kopf 1.45: an operator that follows ConfigMaps, with a finalizer, a timer, an index and events in microseconds."""
import os
import threading

from checks import *

os.environ["KUBECONFIG"] = KUBECONFIG
import kopf
from kubernetes import client, config

config.load_kube_config(KUBECONFIG)
core = client.CoreV1Api()
NS, FINALIZER = "kopf", "example.com/finalizer"
WATCHED = {"labels": {"operated": "yes"}}
deleted, ready, stop = [], threading.Event(), threading.Event()


@kopf.on.startup()
def start(settings, **_):
    settings.persistence.finalizer = FINALIZER
    # Without a CRD there are no peers to ask; the operator has to start nevertheless.
    settings.peering.mandatory = False


@kopf.on.create("configmaps", **WATCHED)
def create(body, patch, **_):
    kopf.info(body, reason="Made", message="made")
    patch.setdefault("data", {})["state"] = "created"


@kopf.on.update("configmaps", field="data.want", **WATCHED)
def update(old, new, patch, **_):
    patch.setdefault("data", {})["state"] = f"from {old} to {new}"


@kopf.on.delete("configmaps", **WATCHED)
def delete(name, **_):
    deleted.append(name)


@kopf.timer("configmaps", interval=0.2, **WATCHED)
def tick(patch, **_):
    patch.metadata.annotations["ticked"] = "yes"


@kopf.index("serviceaccounts")
def accounts(name, **_):
    return {name: True}


@kopf.on.event("configmaps", labels={"ask": "index"})
def ask(accounts, patch, **_):
    patch.setdefault("data", {})["accounts"] = ",".join(sorted(accounts))


def read(name):
    return core.read_namespaced_config_map(name, NS)


core.create_namespace(manifest("v1", "Namespace", NS))
until("the account", lambda: core.list_namespaced_service_account(NS).items)
operator = threading.Thread(target=kopf.run, kwargs={
    "namespaces": [NS], "ready_flag": ready, "stop_flag": stop, "priority": 1}, daemon=True)
operator.start()
same("the operator is ready", ready.wait(30), True)
body = {"metadata": {"name": "m", "labels": {"operated": "yes"}}, "data": {"want": "1"}}
core.create_namespaced_config_map(NS, body)
until("created", lambda: read("m").data.get("state") == "created")
same("its finalizers", read("m").metadata.finalizers, [FINALIZER])
until("the timer", lambda: (read("m").metadata.annotations or {}).get("ticked") == "yes")
core.patch_namespaced_config_map("m", NS, {"data": {"want": "2"}})
until("updated", lambda: read("m").data["state"] == "from 1 to 2")
core.create_namespaced_config_map(NS, {"metadata": {"name": "i", "labels": {"ask": "index"}}})
same("what the index holds", until("the index", lambda: (read("i").data or {}).get("accounts")), "default")
core.delete_namespaced_config_map("m", NS)
until("deleted", lambda: "m" not in {item.metadata.name for item in core.list_namespaced_config_map(NS).items})
same("the handler saw it", deleted, ["m"])
event = until("its event", lambda: [e for e in core.list_namespaced_event(NS).items if e.reason == "Made"])[0]
same("the event", (event.type, event.message, event.reporting_component, event.involved_object.kind),
     ("Normal", "made", "kopf", "ConfigMap"))
same("its time is told in microseconds", event.event_time is not None, True)
stop.set()
operator.join(20)
same("the operator has ended", operator.is_alive(), False)
