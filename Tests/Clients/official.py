"""kubernetes 37, the official client: every answer is read into a strict type, which refuses what a real server would not say."""
import asyncio
import http.client
import threading
from datetime import datetime, timezone

from checks import *
from kubernetes import client, config, dynamic, informer, stream, utils, watch
from kubernetes.aio import client as aio_client
from kubernetes.aio import config as aio_config
from kubernetes.client import ApiException
from kubernetes.leaderelection import electionconfig, leaderelection
from kubernetes.leaderelection.resourcelock.leaselock import LeaseLock

config.load_kube_config(KUBECONFIG)
core, apps, batch = client.CoreV1Api(), client.AppsV1Api(), client.BatchV1Api()
NS = "official"
core.create_namespace(manifest("v1", "Namespace", NS))
until("the account", lambda: core.list_namespaced_service_account(NS).items)
template = {"metadata": {"labels": LABELS}, "spec": POD_SPEC}
job = {"template": {"spec": POD_SPEC | {"restartPolicy": "Never"}}}
target = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "x"}
selected = {"selector": {"matchLabels": LABELS}, "template": template}

# A body without a Content-Type, the answer to it, and every verb of each kind, read by the client's types.
KINDS = {
    client.CoreV1Api: {
        "config_map": {"data": {"a": "b"}}, "secret": {"stringData": {"a": "b"}}, "service_account": {},
        "service": {"spec": {"selector": LABELS, "ports": [{"port": 80}]}}, "pod_template": {"template": template},
        "persistent_volume_claim": {
            "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}},
        "replication_controller": {"spec": {"replicas": 0, "selector": LABELS, "template": template}},
        "limit_range": {"spec": {"limits": [{"type": "Container", "max": {"memory": "64Gi"}}]}},
        "resource_quota": {"spec": {"hard": {"count/secrets": "100"}}}, "endpoints": {},
        "event": {"involvedObject": {"kind": "Pod", "name": "x", "namespace": NS}, "reason": "R", "type": "Normal"}},
    client.AppsV1Api: {
        "deployment": {"spec": selected | {"replicas": 0}}, "replica_set": {"spec": selected | {"replicas": 0}},
        "stateful_set": {"spec": selected | {"replicas": 0, "serviceName": "x"}}, "daemon_set": {"spec": selected},
        "controller_revision": {"revision": 1, "data": {"a": 1}}},
    client.BatchV1Api: {
        "job": {"spec": job}, "cron_job": {"spec": {"schedule": "0 0 1 1 *", "jobTemplate": {"spec": job}}}},
    client.AutoscalingV2Api: {"horizontal_pod_autoscaler": {"spec": {
        "maxReplicas": 3, "scaleTargetRef": target,
        "metrics": [{"type": "Resource", "resource": {
            "name": "cpu", "target": {"type": "Utilization", "averageUtilization": 60}}}]}}},
    client.AutoscalingV1Api: {"horizontal_pod_autoscaler": {"spec": {"maxReplicas": 3, "scaleTargetRef": target}}},
    client.PolicyV1Api: {"pod_disruption_budget": {"spec": {"selector": {"matchLabels": LABELS}, "minAvailable": 1}}},
    client.CoordinationV1Api: {"lease": {"spec": {"holderIdentity": "me", "leaseDurationSeconds": 15}}},
    client.DiscoveryV1Api: {"endpoint_slice": {
        "addressType": "IPv4", "endpoints": [{"addresses": ["10.1.1.1"]}], "ports": []}},
    client.RbacAuthorizationV1Api: {
        "role": {"rules": [{"apiGroups": [""], "resources": ["pods"], "verbs": ["get"]}]},
        "role_binding": {"roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "x"}}},
}
deleted = set()
for api, kinds in KINDS.items():
    for kind, members in kinds.items():
        def call(verb, *arguments, **options):
            return getattr(api(), verb.replace("KIND", "namespaced_" + kind))(*arguments, **options)
        name = kind.replace("_", "-")
        body = {"metadata": {"name": name}} | members
        call("create_KIND", NS, body, dry_run="All")
        made = call("create_KIND", NS, body)
        call("list_KIND", NS)
        call("patch_KIND", name, NS, {"metadata": {"labels": {"l": "1"}}})
        call("patch_KIND", name, NS, [{"op": "add", "path": "/metadata/labels/m", "value": "2"}])
        read = call("read_KIND", name, NS)
        if (read.metadata.labels["l"], read.metadata.labels["m"]) != ("1", "2"):
            sys.exit(f"FAILED: {kind}: {read.metadata.labels}")
        read.metadata.resource_version = None
        call("replace_KIND", name, NS, read)
        for part in ("status", "scale"):
            if hasattr(api, f"read_namespaced_{kind}_{part}"):
                call(f"patch_KIND_{part}", name, NS, {"spec": {"replicas": 0}} if part == "scale" else {"status": {}})
                read = call(f"read_KIND_{part}", name, NS)
                read.metadata.resource_version = None
                call(f"replace_KIND_{part}", name, NS, read)
        if not isinstance(call("delete_KIND", name, NS), dict):
            deleted.add(kind)
for kind, api, members in [
        ("priority_class", client.SchedulingV1Api, {"value": 5}), ("storage_class", client.StorageV1Api, {"provisioner": "x"}),
        ("cluster_role", client.RbacAuthorizationV1Api, {"rules": []}),
        ("persistent_volume", client.CoreV1Api, {"spec": {
            "capacity": {"storage": "1Gi"}, "accessModes": ["ReadWriteOnce"], "hostPath": {"path": "/x"}}})]:
    getattr(api(), "create_" + kind)({"metadata": {"name": "x"}} | members)
    if not isinstance(getattr(api(), "delete_" + kind)("x"), dict):
        deleted.add(kind)
same("deletions that answer with the object", sorted(deleted), [
    "persistent_volume", "persistent_volume_claim", "pod_template", "resource_quota", "service", "service_account",
    "storage_class"])


def told(part):
    """What of it is not None: before a controller has looked not even counts are there, unless the type always has them."""
    return {key: value for key, value in part.to_dict().items() if value is not None}


made = apps.create_namespaced_deployment(NS, deployment("d", 0))
same("status of a new Deployment", told(made.status), {})
made = apps.create_namespaced_stateful_set(NS, manifest("apps/v1", "StatefulSet", "s", spec=selected | {"replicas": 0}))
same("status of a new StatefulSet", told(made.status), {"available_replicas": 0, "replicas": 0})
made = client.AutoscalingV2Api().create_namespaced_horizontal_pod_autoscaler(
    NS, manifest("autoscaling/v2", "HorizontalPodAutoscaler", "h", spec={"maxReplicas": 3, "scaleTargetRef": target}))
same("status of a new autoscaler", (made.status.current_metrics, made.status.conditions), (None, None))
same("its metrics by default", made.spec.metrics[0].resource.target.average_utilization, 80)

# Watches: from a revision, and with a bookmark at the end of what was there.
version = core.list_namespaced_config_map(NS).metadata.resource_version
core.create_namespaced_config_map(NS, {"metadata": {"name": "w"}})
core.patch_namespaced_config_map("w", NS, {"data": {"a": "1"}})
core.delete_namespaced_config_map("w", NS)
watcher = watch.Watch()
events = watcher.stream(core.list_namespaced_config_map, NS, resource_version=version, timeout_seconds=1)
seen = [event["type"] for event in events]
same("a watch from a revision", seen, ["ADDED", "MODIFIED", "DELETED"])
seen = []
for event in watch.Watch().stream(core.list_namespaced_config_map, NS, send_initial_events=True, allow_watch_bookmarks=True,
                                  resource_version_match="NotOlderThan", timeout_seconds=10):
    seen.append(event["type"])
    if seen[-1] == "BOOKMARK":
        break
same("initial events", seen, ["ADDED", "BOOKMARK"])

# An informer and the client's own asyncio half see the same.
names = []
follower = informer.SharedInformer(list_func=core.list_namespaced_config_map, namespace=NS)
follower.add_event_handler("ADDED", lambda item: names.append(item.metadata.name))
follower.start()
core.create_namespaced_config_map(NS, {"metadata": {"name": "informed"}})
until("the informer", lambda: "informed" in names)


async def count():
    await aio_config.load_kube_config(KUBECONFIG)
    async with aio_client.ApiClient() as api:
        return len((await aio_client.CoreV1Api(api).list_namespaced_config_map(NS)).items)


same("by asyncio", asyncio.run(count()), 2)

# A pod: its way to Running, logs, commands, ports.
same("phase of a new pod", core.create_namespaced_pod(NS, pod("p")).status.phase, "Pending")
phases = []
for event in watch.Watch().stream(core.list_namespaced_pod, NS, field_selector="metadata.name=p", timeout_seconds=30):
    phases.append(event["object"].status.phase)
    if phases[-1] == "Running":
        break
same("its last phase", phases[-1], "Running")
until("its log", lambda: core.read_namespaced_pod_log("p", NS).count("\n") == 2)
same("a log", core.read_namespaced_pod_log("p", NS), "one\ntwo\n")
same("its last line", core.read_namespaced_pod_log("p", NS, tail_lines=1), "two\n")
same("with times", core.read_namespaced_pod_log("p", NS, timestamps=True, tail_lines=1).split(" ")[1], "two\n")
lines = watch.Watch().stream(core.read_namespaced_pod_log, "p", NS, follow=True)
same("followed", [next(lines), next(lines)], ["one", "two"])
same("a log before", refused("previous", ApiException, lambda: core.read_namespaced_pod_log("p", NS, previous=True)), 400)


def run(*command, **options):
    return stream.stream(core.connect_get_namespaced_pod_exec, "p", NS, command=list(command), stdout=True, stderr=True,
                         **{"stdin": False, "tty": False} | options)


same("exec", sorted(run("sh", "-c", "echo out; echo err >&2").split()), ["err", "out"])
process = run("sh", "-c", "read x; echo got $x; exit 3", stdin=True, _preload_content=False)
process.write_stdin("hello\n")
process.run_forever(timeout=10)
same("exec with input", (process.read_stdout(), process.returncode), ("got hello\n", 3))
same("exec on a terminal", run("sh", "-c", "test -t 0 && echo yes", tty=True, stdin=True), "yes\r\n")
until("the web server", lambda: "served" in run("sh", "-c", "busybox wget -qO- http://127.0.0.1:8080/ || true"))
forward = stream.portforward(core.connect_get_namespaced_pod_portforward, "p", NS, ports="8080")
connection = http.client.HTTPConnection("localhost")
connection.sock = forward.socket(8080)
connection.request("GET", "/")
same("through a forwarded port", connection.getresponse().read(), b"served\n")
forward.close()
forward = stream.portforward(core.connect_get_namespaced_pod_portforward, "p", NS, ports="8080,81")
same("from a port without a listener", forward.socket(81).recv(1), b"")
same("why", until("its error", lambda: forward.error(81)) != "", True)
forward.close()
# More input than a pipe or a queue takes at once, as a copy sends it.
process = run("sh", "-c", "busybox head -c 3000000 | busybox wc -c", stdin=True, _preload_content=False)
for _ in range(30):
    process.write_stdin("x" * 100_000)
until("the sum", lambda: process.read_stdout(timeout=5).strip() == "3000000")
process.close()
eviction = manifest("policy/v1", "Eviction", "p")
same("an eviction that is only tried", core.create_namespaced_pod_eviction("p", NS, eviction, dry_run="All").kind, "Status")
gone = core.delete_namespaced_pod("p", NS)
same("a pod's deletion", (gone.kind, gone.metadata.deletion_grace_period_seconds), ("Pod", 0))

# Events, with times in microseconds where the reporter writes them.
until("events", lambda: {event.reason for event in core.list_namespaced_event(NS, field_selector="involvedObject.name=p").items}
      >= {"Scheduled", "Pulled", "Created", "Started"})
scheduled = core.list_namespaced_event(NS, field_selector="involvedObject.name=p,reason=Scheduled").items[0]
same("the scheduler's time", (scheduled.event_time is not None, scheduled.first_timestamp), (True, None))
now = datetime.now(timezone.utc).replace(microsecond=123456)
event = client.EventsV1Event(
    metadata=client.V1ObjectMeta(name="e"), event_time=now, action="A", reason="R", type="Normal", note="n",
    reporting_controller="example.com/x", reporting_instance="i",
    regarding=client.V1ObjectReference(kind="Pod", name="p", namespace=NS, api_version="v1"))
same("an event's time", client.EventsV1Api().create_namespaced_event(NS, event).event_time, now)
same("read by the core group", core.read_namespaced_event("e", NS).event_time, now)
lease = manifest("coordination.k8s.io/v1", "Lease", "l", spec={"renewTime": "2026-01-01T00:00:00+00:00"})
same("a lease's time without a fraction",
     refused("renewTime", ApiException, lambda: client.CoordinationV1Api().create_namespaced_lease(NS, lease)), 400)

# Refusals are told with their codes.
same("twice", refused("a second one", ApiException, lambda: apps.create_namespaced_deployment(NS, deployment("d", 0))), 409)
same("bad", refused("a bad name", ApiException, lambda: apps.create_namespaced_deployment(NS, deployment("D", 0))), 422)
same("absent", refused("none", ApiException, lambda: core.read_namespaced_pod("none", NS)), 404)

# The dynamic client, and what is made of YAML.
world = dynamic.DynamicClient(client.ApiClient())
maps = world.resources.get(api_version="v1", kind="ConfigMap")
maps.create(namespace=NS, body=manifest("v1", "ConfigMap", "dyn", data={"a": "1"}))
merged = maps.patch(namespace=NS, name="dyn", body={"data": {"a": None, "b": "2"}}, content_type="application/merge-patch+json")
same("a merge patch", merged.data.to_dict(), {"b": "2"})
body = manifest("v1", "ConfigMap", "dyn", data={"c": "3"})
applied = world.server_side_apply(maps, namespace=NS, body=body, field_manager="me")
same("an apply", applied.data.to_dict(), {"b": "2", "c": "3"})
same("a conflict", refused("apply of another", dynamic.exceptions.ConflictError, lambda: world.server_side_apply(
    maps, namespace=NS, body=manifest("v1", "ConfigMap", "dyn", data={"c": "4"}), field_manager="you")), 409)
same("kinds of items", {item.kind for item in maps.get(namespace=NS).items}, {"ConfigMap"})
same("a deletion's answer", maps.delete(namespace=NS, name="dyn").status, "Success")
made = utils.create_from_yaml(client.ApiClient(), namespace=NS, yaml_objects=[
    {"apiVersion": "v1", "kind": "List", "items": [manifest("v1", "ConfigMap", "y")]}, deployment("y", 0)])
same("made of YAML", [item.kind for items in made for item in items], ["ConfigMap", "Deployment"])

# An election is won with a Lease.
won = threading.Event()
lock = LeaseLock("election", NS, "me")
election = leaderelection.LeaderElection(electionconfig.Config(lock, 17, 15, 5, won.set, None))
same("the election", (election.try_acquire_or_renew(), election.try_acquire_or_renew()), (True, True))

# What the server tells about itself.
same("version", client.VersionApi().get_code().git_version, "v1.36.2")
address = client.Configuration.get_default_copy().host
known = client.WellKnownApi().get_service_account_issuer_open_id_configuration()
same("where tokens are checked", address + "/openid/v1/jwks" in known, True)
same("where it is", client.CoreApi().get_api_versions().server_address_by_client_cidrs[0].server_address,
     address.removeprefix("https://"))
allowed = client.AuthorizationV1Api().create_self_subject_access_review(
    {"spec": {"resourceAttributes": {"verb": "get", "resource": "pods"}}})
same("may it", allowed.status.allowed, True)
token = core.create_namespaced_service_account_token("default", NS, {"spec": {"expirationSeconds": 600, "audiences": ["a"]}})
same("a token", token.status.token.count("."), 2)
