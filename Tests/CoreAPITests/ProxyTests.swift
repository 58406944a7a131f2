import CoreAPI
import CoreObjects
import Testing

/// A server with a pod, a Service and a node to which requests are passed on.
private struct ProxyBench {
  var bench = Bench()
  static let service = "/api/v1/namespaces/default/services"

  init() {
    var pod = Bench.pod("web")
    pod[.spec][.containers][0].put(.ports, [["containerPort": 8080]])
    bench.send("POST", Bench.pods, pod)
    bench.send("PUT", Bench.pods + "/web/status", ["metadata": ["name": "web"], "status": ["podIP": "10.244.0.7"]])
    bench.send("POST", Bench.pods, Bench.pod("waiting"))
    bench.send("POST", "/api/v1/nodes", ["metadata": ["name": "one"]])
    let kubelet: JSON = ["kubeletEndpoint": ["Port": 10250]]
    let addresses: JSON = [["type": "Hostname", "address": "one"], ["type": "InternalIP", "address": "10.244.0.1"]]
    bench.send(
      "PUT", "/api/v1/nodes/one/status",
      ["metadata": ["name": "one"], "status": ["addresses": addresses, "daemonEndpoints": kubelet]])
    let ports: JSON = [["name": "http", "port": 80, "targetPort": 8080], ["name": "admin", "port": 81, "targetPort": 8081]]
    bench.send("POST", Self.service, ["metadata": ["name": "web"], "spec": ["ports": ports]])
    bench.send(
      "POST", "/apis/discovery.k8s.io/v1/namespaces/default/endpointslices",
      [
        "metadata": ["name": "web-1", "labels": ["kubernetes.io/service-name": "web"]], "addressType": "IPv4",
        "endpoints": [
          ["addresses": ["10.244.0.7"], "conditions": ["ready": true]],
          ["addresses": ["10.244.0.8"], "conditions": ["ready": false]],
        ],
        "ports": [["name": "http", "port": 8080], ["name": "admin", "port": 8081]],
      ])
    bench.send("POST", Self.service, ["metadata": ["name": "plain"], "spec": ["ports": [["port": 80]]]])
    let named: JSON = ["type": "ExternalName", "externalName": "example.com"]
    bench.send("POST", Self.service, ["metadata": ["name": "named"], "spec": named])
  }

  /// "http://HOST:PORT TARGET", or "STATUS MESSAGE" of a refusal.
  mutating func ask(_ path: String, _ method: String = "GET") -> String {
    let answer = bench.request(method, path, accept: "image/png")
    guard case .proxy(let passed) = answer, case .place(let place) = passed.server else {
      let refusal = bench.read(answer)
      return "\(refusal.status) \(refusal.message)"
    }
    let hosts = place.addresses.map { "\($0.host):\($0.port)" }.joined(separator: ",")
    return "\(place.isKubelet ? "kubelet" : place.isTLS ? "https" : "http")://\(hosts) \(passed.target)"
  }
}

@Suite("pods/proxy, services/proxy and nodes/proxy: where requests go")
struct ProxyTests {
  @Test("a pod is asked at its address, by its first port, a port or a scheme; what stands behind goes on as it came")
  func pods() {
    var proxy = ProxyBench()
    let pod = Bench.pods
    #expect(proxy.ask(pod + "/web/proxy") == "http://10.244.0.7:8080 ")
    #expect(proxy.ask(pod + "/web/proxy/") == "http://10.244.0.7:8080 /")
    #expect(proxy.ask(pod + "/web/proxy/a%2Fb//c/?x=%20&y") == "http://10.244.0.7:8080 /a%2Fb//c/?x=%20&y")
    #expect(proxy.ask(pod + "/web:9/proxy/proxy/proxy") == "http://10.244.0.7:9 /proxy/proxy")
    #expect(proxy.ask(pod + "/https:web:9443/proxy/") == "https://10.244.0.7:9443 /")
    #expect(proxy.ask(pod + "/https:web:/proxy/") == "https://10.244.0.7:8080 /")
    for method in ["POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"] {
      #expect(proxy.ask(pod + "/web/proxy/", method) == "http://10.244.0.7:8080 /")
    }
    #expect(proxy.ask(pod + "/waiting/proxy/").hasPrefix("400 address not allowed"))
    #expect(proxy.ask(pod + "/gone/proxy/") == "404 pods \"gone\" not found")
    #expect(proxy.ask(pod + "/ftp:web:1/proxy/") == "400 invalid pod request \"ftp:web:1\"")
    #expect(proxy.ask(pod + "/web:http/proxy/").hasPrefix("503 error trying to reach service"))
    #expect(proxy.ask("/api/v1/pods/web/proxy/").hasPrefix("404"))
    #expect(proxy.ask(Bench.configMaps + "/kube-root-ca.crt/proxy/").hasPrefix("404"))
  }

  @Test("a Service is asked by the name or number of a port at its ready endpoints; without any it is a 503 in words")
  func services() {
    var proxy = ProxyBench()
    let service = ProxyBench.service
    #expect(proxy.ask(service + "/web:http/proxy/a?b") == "http://10.244.0.7:8080 /a?b")
    #expect(proxy.ask(service + "/web:81/proxy/") == "http://10.244.0.7:8081 /")
    #expect(proxy.ask(service + "/https:web:admin/proxy/") == "https://10.244.0.7:8081 /")
    #expect(proxy.ask(service + "/web/proxy/").hasPrefix("503 no endpoints available for service \"web\""))
    #expect(proxy.ask(service + "/web:ftp/proxy/").hasPrefix("503 no endpoints available for service \"web:ftp\""))
    #expect(proxy.ask(service + "/web:82/proxy/") == "503 no service port 82 found for service \"web\"")
    #expect(proxy.ask(service + "/plain/proxy/") == "503 no endpoints available for service \"plain\"")
    #expect(proxy.ask(service + "/named/proxy/").hasPrefix("503 no endpoints available for service \"named\""))
    #expect(proxy.ask(service + "/gone/proxy/") == "404 services \"gone\" not found")
    proxy.bench.send(
      "POST", "/apis/discovery.k8s.io/v1/namespaces/default/endpointslices",
      [
        "metadata": ["name": "plain-1", "labels": ["kubernetes.io/service-name": "plain"]], "addressType": "IPv4",
        "endpoints": [["addresses": ["10.244.0.7"]], ["addresses": ["10.244.1.7"]]], "ports": [["name": "", "port": 80]],
      ])
    #expect(proxy.ask(service + "/plain:80/proxy/") == "http://10.244.0.7:80,10.244.1.7:80 /")
    #expect(proxy.ask(service + "/plain/proxy/") == "http://10.244.0.7:80,10.244.1.7:80 /")
  }

  @Test("a node is asked at its kubelet, by another port as any server")
  func nodes() {
    var proxy = ProxyBench()
    #expect(proxy.ask("/api/v1/nodes/one/proxy/metrics/resource") == "kubelet://10.244.0.1:10250 /metrics/resource")
    #expect(proxy.ask("/api/v1/nodes/one:10250/proxy/") == "kubelet://10.244.0.1:10250 /")
    #expect(proxy.ask("/api/v1/nodes/one:9100/proxy/metrics") == "http://10.244.0.1:9100 /metrics")
    #expect(proxy.ask("/api/v1/nodes/https:one:9100/proxy/metrics") == "https://10.244.0.1:9100 /metrics")
    #expect(proxy.ask("/api/v1/namespaces/default/nodes/one/proxy/").hasPrefix("404"))
    proxy.bench.send("POST", "/api/v1/nodes", ["metadata": ["name": "silent"]])
    #expect(proxy.ask("/api/v1/nodes/silent/proxy/").hasPrefix("503"))
  }

  @Test("the verb is the method's, the resource the subresource, the name the whole of what the path says")
  func authorisation() {
    var proxy = ProxyBench()
    let rules: JSON = [
      ["apiGroups": [""], "resources": ["pods/proxy"], "verbs": ["get", "create"], "resourceNames": ["web:9"]]
    ]
    proxy.bench.send("POST", "/apis/rbac.authorization.k8s.io/v1/clusterroles", ["metadata": ["name": "m"], "rules": rules])
    proxy.bench.send(
      "POST", "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings",
      [
        "metadata": ["name": "m"], "roleRef": ["apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "m"],
        "subjects": [["apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": "eve"]],
      ])
    proxy.bench.credential = .token(user: Caller(name: "eve", groups: []))
    let pod = Bench.pods
    #expect(proxy.ask(pod + "/web:9/proxy/") == "http://10.244.0.7:9 /")
    #expect(proxy.ask(pod + "/web:9/proxy/", "HEAD") == "http://10.244.0.7:9 /")
    #expect(proxy.ask(pod + "/web:9/proxy/", "POST") == "http://10.244.0.7:9 /")
    #expect(proxy.ask(pod + "/web/proxy/").contains("cannot get resource \"pods/proxy\" in API group \"\""))
    for (method, verb) in [("PUT", "update"), ("PATCH", "patch"), ("DELETE", "delete")] {
      #expect(proxy.ask(pod + "/web:9/proxy/", method).contains("cannot \(verb) resource \"pods/proxy\""))
    }
    #expect(proxy.ask(pod + "/web:9/proxy/", "OPTIONS").hasPrefix("403"))
  }
}
