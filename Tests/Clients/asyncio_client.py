"""kubernetes-asyncio 36: the same API by aiohttp, several requests at once."""
import asyncio

from checks import *
from kubernetes_asyncio import client, config, watch
from kubernetes_asyncio.client import ApiException
from kubernetes_asyncio.dynamic import DynamicClient
from kubernetes_asyncio.stream import WsApiClient

NS = "asyncio"
PATCHES = {
    "application/json-patch+json": [{"op": "add", "path": "/metadata/labels", "value": {"json": "1"}}],
    "application/merge-patch+json": {"metadata": {"labels": {"merge": "1"}}},
    "application/strategic-merge-patch+json": {"metadata": {"labels": {"strategic": "1", "merge": None}}},
    "application/apply-patch+yaml": {
        "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "d", "labels": {"apply": "1"}}},
}


async def follow(core):
    lines = []
    async with watch.Watch().stream(core.read_namespaced_pod_log, "p", NS, follow=True) as log:
        async for line in log:
            lines.append(line.strip())
            if len(lines) == 2:
                return lines


async def reach(core, phase):
    async with watch.Watch().stream(core.list_namespaced_pod, NS, field_selector="metadata.name=p", timeout_seconds=30) as events:
        async for event in events:
            if event["object"].status.phase == phase:
                return phase


async def main():
    await config.load_kube_config(KUBECONFIG)
    async with client.ApiClient() as api, WsApiClient() as sockets:
        core, apps, events = client.CoreV1Api(api), client.AppsV1Api(api), client.EventsV1Api(api)
        await core.create_namespace(manifest("v1", "Namespace", NS))
        while not (await core.list_namespaced_service_account(NS)).items:
            await asyncio.sleep(0.02)
        made = await asyncio.gather(*[
            core.create_namespaced_config_map(NS, manifest("v1", "ConfigMap", f"m{n}", data={"n": str(n)})) for n in range(50)])
        same("made at once", len({item.metadata.resource_version for item in made}), 50)
        page = await core.list_namespaced_config_map(NS, limit=20)
        rest = await core.list_namespaced_config_map(NS, limit=100, _continue=page.metadata._continue)
        same("in pages", (len(page.items), page.metadata.remaining_item_count, len(rest.items)), (20, 31, 31))

        made = await apps.create_namespaced_deployment(NS, deployment("d", 0))
        same("status of a new Deployment", (made.status.replicas, made.status.conditions), (None, None))
        for kind, body in PATCHES.items():
            options = {"field_manager": "me", "force": True} if "apply" in kind else {}
            patched = await apps.patch_namespaced_deployment("d", NS, body, _content_type=kind, **options)
        same("labels of four patches", patched.metadata.labels, {"json": "1", "strategic": "1", "apply": "1"})
        scale = await apps.patch_namespaced_deployment_scale("d", NS, {"spec": {"replicas": 1}})
        same("scaled", (scale.spec.replicas, scale.status.selector), (1, "app=web"))

        await core.create_namespaced_pod(NS, pod("p"))
        same("the pod comes to", await reach(core, "Running"), "Running")
        same("followed", await follow(core), ["one", "two"])
        streams = client.CoreV1Api(sockets)
        out = await streams.connect_get_namespaced_pod_exec(
            "p", NS, command=["sh", "-c", "echo out"], stdout=True, stderr=True, stdin=False, tty=False)
        same("exec", out, "out\n")
        gone = await core.delete_namespaced_pod("p", NS)
        same("a pod's deletion", gone.kind, "Pod")
        gone = await apps.delete_namespaced_deployment("d", NS, body={"propagationPolicy": "Background"})
        same("a deployment's", (gone.kind, gone.status, gone.details.kind), ("Status", "Success", "deployments"))
        storage = client.StorageV1Api(api)
        await storage.create_storage_class(manifest("storage.k8s.io/v1", "StorageClass", "asyncio", provisioner="x"))
        same("a class's", (await storage.delete_storage_class("asyncio")).kind, "StorageClass")
        try:
            await core.read_namespaced_pod("none", NS)
        except ApiException as problem:
            same("absent", problem.status, 404)
        seen = (await core.list_namespaced_event(NS, field_selector="involvedObject.name=p,reason=Scheduled")).items
        same("events", [event.reporting_component for event in seen], ["default-scheduler"])
        world = await DynamicClient(api)
        maps = await world.resources.get(api_version="v1", kind="ConfigMap")
        same("dynamic", (await maps.get(namespace=NS, name="m7")).data.n, "7")


asyncio.run(main())
