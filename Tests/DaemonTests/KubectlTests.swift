import Daemon
import EdgeLinux
import Foundation
import TestMachine
import Testing

@Suite("The real kubectl", .timeLimit(.minutes(2)), .enabled(if: Requirement.met(.kubectl), "needs kubectl"))
struct KubectlTests {
  @Test("each version applies the practice's manifests and reads them back", arguments: Kubectl.all)
  func appliesThePractice(path: String) async throws {
    let test = try await TestCluster()
    let applied = try await test.kubectl(["apply", "-f", "Practice/manifests"], program: path)
    #expect(applied.status == 0, "\(applied.output)")
    #expect(applied.output.contains("statefulset.apps/app created"))
    let patch = #"[{"op":"add","path":"/spec/template/spec/containers/0/args/-","value":"--kubelet-insecure-tls"}]"#
    let patched = try await test.kubectl(
      ["patch", "-n", "kube-system", "deployment", "metrics-server", "--type=json", "-p", patch], program: path)
    #expect(patched.output.contains("deployment.apps/metrics-server patched"), "\(patched.output)")
    let nodes = try await test.kubectl(["get", "nodes"], program: path)
    for name in ["wavetank-control-plane", "wavetank-worker", "wavetank-worker2"] { #expect(nodes.output.contains(name)) }
    let autoscaler = try await test.kubectl(["get", "hpa", "app"], program: path)
    #expect(autoscaler.output.contains("StatefulSet/app"), "\(autoscaler.output)")
    let size = try await test.kubectl(["patch", "cm", "app", "-p", #"{"data":{"size":"0"}}"#], program: path)
    #expect(size.output.contains("configmap/app patched"), "\(size.output)")
    let explained = try await test.kubectl(["explain", "--api-version=autoscaling/v2", "hpa"], program: path)
    #expect(explained.status == 0 && explained.output.contains("HorizontalPodAutoscaler"), "\(explained.output)")
    await test.stop()
  }

  @Test("each version makes objects with its create commands", arguments: Kubectl.all)
  func creates(path: String) async throws {
    let test = try await TestCluster()
    // From version 1.32 kubectl sends these bodies as protobuf.
    var commands = [
      "configmap made --from-literal=a=b", "secret generic made --from-literal=a=b", "namespace made", "serviceaccount made",
      "role made --verb=get --resource=pods", "rolebinding made --role=made --serviceaccount=default:made",
      "deployment made --image=x --replicas=2", "job made --image=x -- true",
      "service clusterip made --tcp=80:8080", "quota made --hard=pods=3",
    ]
    if Kubectl.minor(path) > 20 {
      // Until then kubectl made them in versions that are no longer served.
      commands += ["cronjob made --image=x --schedule=@hourly", "poddisruptionbudget made --selector=a=b --min-available=1"]
      commands += ["ingress made --class=c --rule=shop.example.com/*=web:80,tls=s --default-backend=web:http"]
    }
    for command in commands {
      let made = try await test.kubectl(["create"] + command.split(separator: " ").map(String.init), program: path)
      #expect(made.status == 0, "\(command): \(made.output)")
    }
    let kept = try await test.kubectl(["get", "deployment", "made", "-o", "jsonpath={.spec.replicas} {..image}"], program: path)
    #expect(kept.output == "2 x")
    let may = try await test.kubectl(["auth", "can-i", "get", "pods", "--as=system:serviceaccount:default:made"], program: path)
    #expect(may.output == "yes\n")
    await test.stop()
  }

  @Test("an application's Ingress and NetworkPolicy are applied, described, edited and gone with their namespace")
  func networking() async throws {
    let test = try await TestCluster()
    let file = test.directory + "/networking.yaml"
    try """
    {apiVersion: v1, kind: Namespace, metadata: {name: shop}}
    ---
    apiVersion: networking.k8s.io/v1
    kind: IngressClass
    metadata: {name: edge, annotations: {ingressclass.kubernetes.io/is-default-class: "true"}}
    spec: {controller: example.com/edge}
    ---
    apiVersion: networking.k8s.io/v1
    kind: Ingress
    metadata: {name: web, namespace: shop}
    spec:
      rules:
      - host: shop.example.com
        http: {paths: [{path: /cart, pathType: Prefix, backend: {service: {name: cart, port: {number: 80}}}}]}
    ---
    apiVersion: networking.k8s.io/v1
    kind: NetworkPolicy
    metadata: {name: db, namespace: shop}
    spec:
      podSelector: {matchLabels: {app: db}}
      ingress: [{from: [{podSelector: {matchLabels: {app: web}}}], ports: [{port: 5432, protocol: TCP}]}]
    """.write(toFile: file, atomically: true, encoding: .utf8)
    let applied = try await test.kubectl(["apply", "-f", file])
    #expect(applied.status == 0 && !applied.output.contains("Warning"), "\(applied.output)")
    let again = try await test.kubectl(["apply", "--server-side", "-f", file])
    #expect(again.status == 0 && !again.output.contains("Warning"), "\(again.output)")
    let table = try await test.kubectl(["get", "ing,netpol", "-n", "shop"])
    #expect(table.output.contains("CLASS") && table.output.contains("app=db"), "\(table.output)")
    let ingress = try await test.kubectl(["describe", "ingress", "web", "-n", "shop"])
    #expect(ingress.output.contains("/cart") && ingress.output.contains("Ingress Class:"), "\(ingress.output)")
    let policy = try await test.kubectl(["describe", "netpol", "db", "-n", "shop"])
    #expect(policy.output.contains("To Port: 5432/TCP"), "\(policy.output)")
    let edited = try await test.kubectl(
      ["patch", "ingress", "web", "-n", "shop", "-p", #"{"spec":{"tls":[{"hosts":["shop.example.com"]}]}}"#])
    #expect(edited.status == 0, "\(edited.output)")
    let explained = try await test.kubectl(["explain", "networkpolicy.spec.egress.to.ipBlock"])
    #expect(explained.status == 0 && explained.output.contains("except"), "\(explained.output)")
    let gone = try await test.kubectl(["delete", "namespace", "shop", "--timeout=60s"])
    #expect(gone.status == 0, "\(gone.output)")
    let left = try await test.kubectl(["get", "ing,netpol", "-A", "-o", "name"])
    #expect(left.output == "No resources found\n" || left.output.isEmpty, "\(left.output)")
    await test.stop()
  }

  @Test("bad input is refused with the field named, and changes nothing")
  func refusesBadInput() async throws {
    let test = try await TestCluster()
    let file = test.directory + "/bad.yaml"
    try """
    apiVersion: batch/v1
    kind: CronJob
    metadata: {name: bad}
    spec:
      schedule: 61 * * * *
      jobTemplate: {spec: {template: {spec: {restartPolicy: Never, containers: [{name: c, image: x}]}}}}
    """.write(toFile: file, atomically: true, encoding: .utf8)
    let schedule = try await test.kubectl(["create", "-f", file])
    #expect(schedule.status != 0 && schedule.output.contains("spec.schedule"), "\(schedule.output)")
    let missing = try await test.kubectl(["get", "cronjob", "bad"])
    #expect(missing.output.contains("NotFound"), "\(missing.output)")
    await test.stop()
  }

  @Test("a server on a port that it chose itself tells where it is")
  func tellsItsPort() async throws {
    let test = try await TestCluster()
    let address = "127.0.0.1:\(test.cluster.address.port)"
    let versions = try await test.kubectl(["get", "--raw", "/api"])
    #expect(versions.output.contains(#""serverAddress":"\#(address)""#), "\(versions.output)")
    let keys = try await test.kubectl(["get", "--raw", "/.well-known/openid-configuration"])
    #expect(keys.output.contains("https://\(address)/openid/v1/jwks"), "\(keys.output)")
    await test.stop()
  }

  @Test("objects survive a restart on the same data directory")
  func survivesARestart() async throws {
    let first = try await TestCluster()
    let made = try await first.kubectl(["create", "-f", try configMap("kept", first.directory)])
    #expect(made.status == 0, "\(made.output)")
    await first.cluster.stop()
    let second = try await TestCluster(first.directory)
    let read = try await second.kubectl(["get", "configmap", "kept", "-o", "jsonpath={.data.a}"])
    #expect(read.output == "b")
    await second.stop()
  }
}

/// A manifest's file in a directory.
func configMap(_ name: String, _ directory: String) throws -> String {
  let file = "\(directory)/\(name).yaml"
  try "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: \(name)}\ndata: {a: b}\n".write(
    toFile: file, atomically: true, encoding: .utf8)
  return file
}
