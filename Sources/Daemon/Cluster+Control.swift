import CoreControllers
import CoreEngine
import CoreNode
package import CoreObjects
import EdgeAgent
package import EdgeHTTP
package import EdgeImages
import EdgeLinux
import EdgeRuntime
import Synchronization

extension Cluster {
  /// Answers what came over the control socket: with `lines` to be shown or an `explanation`, else with `error`.
  func answer(control tree: JSON) async -> JSON {
    switch ControlRequest(tree) {
    case .images(.pull(let name)):
      do throws(ImageError) { return Cluster.answer(try await pull(onto: name)) } catch { return ["error": .string("\(error)")] }
    case .images(.pulling): return Cluster.answer(images?.pulling ?? [])
    case .images(let request):
      return await withCheckedContinuation { continuation in
        // It may unpack gigabytes.
        PosixThread.start { continuation.resume(returning: self.answer(images: request)) }
      }
    case .explain(let name, let namespace):
      guard let explanation = explanation(ofAutoscaler: name, namespace: namespace) else {
        return ["error": .string("there is no HorizontalPodAutoscaler \"\(name)\" in namespace \(namespace)")]
      }
      return ["explanation": explanation]
    case .node(let request):
      do throws(NodeError) { return Cluster.answer(try await perform(request)) } catch { return ["error": .string("\(error)")] }
    case .status: return Cluster.answer(status + (registryLine.map { [$0] } ?? []) + (images?.pulling ?? []) + published)
    case .published: return Cluster.answer(published)
    case .publish(let port):
      do throws(PublishError) { return Cluster.answer([try publish(port)]) } catch { return ["error": .string("\(error)")] }
    case .unpublish(let side):
      do throws(PublishError) { return Cluster.answer(try await unpublish(side)) } catch { return ["error": .string("\(error)")] }
    case .faults(let request):
      do throws(FaultError) { return Cluster.answer(try await perform(request)) } catch { return ["error": .string("\(error)")] }
    case nil: return ["error": "the request is not understood by this version of the cluster"]
    }
  }

  private func answer(images request: ImageRequest) -> JSON {
    // One change of the image store after the other.
    imageTurn.withLock { _ in
      do throws(ImageError) { return Cluster.answer(try perform(request)) } catch { return ["error": .string("\(error)")] }
    }
  }

  private static func answer(_ lines: [String]) -> JSON { ["lines": .array(lines.map { .string($0) })] }

  /// Has a port of the host lead into the cluster's network from now on.
  /// - Returns: where it leads, in a line.
  package func publish(_ port: PublishedPort) throws(PublishError) -> String {
    guard let publisher = publisher.value else { throw .noContainers }
    return publisher.line(try publisher.publish(port))
  }

  /// Ends what leads in from a port of the host, with all its connections.
  /// - Returns: what that was, in lines.
  package func unpublish(_ side: HostSide) async throws(PublishError) -> [String] {
    guard let publisher = publisher.value else { throw .noContainers }
    let removed = await publisher.remove(side)
    if removed.isEmpty { throw .notPublished("\(side)") }
    return removed.map { "\($0.place) leads to \($0.name) no longer" }
  }

  /// Makes, shows or heals faults of the cluster's network.
  /// - Returns: the lines to be shown.
  package func perform(_ request: FaultRequest) async throws(FaultError) -> [String] {
    guard let faults = faults.value else { throw FaultError("a cluster without containers has no network that could fail") }
    switch request {
    case .show:
      let lines = faults.lines
      return lines.isEmpty ? ["there are no faults"] : lines
    case .make(let fault, let seconds): return [try await faults.make(fault, seconds: seconds)]
    case .heal(let number):
      let lines = try await faults.heal(number)
      return lines.isEmpty ? ["there are no faults"] : lines
    }
  }

  /// Why an autoscaler did what it did last; nil where there is none of that name.
  package func explanation(ofAutoscaler name: String, namespace: String) -> JSON? {
    let key = ObjectKey(.horizontalPodAutoscalers, namespace: namespace, name)
    let now = host.clock.now
    return host.read { engine in
      guard let stored = engine.store.get(key) else { return nil }
      let controller = engine.controller(HorizontalPodAutoscalerController.self)
      return Explanation(stored, controller?.decisions(key, at: now) ?? [], engine.store).tree
    }
  }

  /// Performs what `wavetank load` and `wavetank image` ask for.
  /// - Returns: the lines to be shown.
  package func perform(_ request: ImageRequest) throws(ImageError) -> [String] {
    guard let images, let agent = agent.value else { throw .engine(reason: "this cluster was started without containers") }
    let nodes = nodeNames
    let lines = try ImageControl(store: images, nodes: nodes, used: usedImages).perform(request)
    for name in nodes { agent.reportImages(name) }
    return lines
  }

  /// By node, the images that its pods name or run.
  private var usedImages: [String: Set<String>] {
    var used = Dictionary(uniqueKeysWithValues: nodeNames.map { ($0, Set<String>()) })
    for pod in host.read({ $0.store.list(.pods) }).map({ $0.view(Pod.self) }) {
      guard let node = pod.spec.nodeName, used[node] != nil else { continue }
      for list in [pod.spec.tree[.containers], pod.spec.tree[.initContainers], pod.spec.tree[.ephemeralContainers]] {
        used[node]?.formUnion(list.elements.compactMap { $0[.image].string })
      }
      used[node]?.formUnion(pod.spec.volumes.compactMap(\.image.reference))
      for list in ["containerStatuses", "initContainerStatuses", "ephemeralContainerStatuses"] as [Key] {
        used[node]?.formUnion(pod.status.tree[list].elements.compactMap { $0["imageID"].string })
      }
    }
    return used
  }

  /// Fetches an image anew, as `wavetank image pull` asks for it.
  /// - Returns: the lines to be shown.
  private func pull(onto name: String) async throws(ImageError) -> [String] {
    guard let images, let agent = agent.value else { throw .engine(reason: "this cluster was started without containers") }
    let nodes = nodeNames
    let lines = try await ImageControl(store: images, nodes: nodes, used: [:]).pull(name)
    for name in nodes { agent.reportImages(name) }
    return lines
  }

  /// Answers a request of the administrator as if it had come over the network.
  package func answer(
    _ method: HTTPMethod, _ path: String, query: String = "", contentType: String = "application/json", body: [UInt8] = []
  ) async -> HTTPResponse {
    let headers: HTTPHeaders = [
      "authorization": "Bearer " + adminToken, "content-type": contentType, "accept": "application/json",
    ]
    return await handler.handle(HTTPRequest(method: method, path: path, query: query, headers: headers, body: body))
  }

  /// Fetches an image from its registry onto every node.
  /// - Returns: why that was not possible.
  package func pull(_ image: String) async -> String? {
    guard let images else { return "this cluster was started without containers" }
    do throws(ImageError) {
      for node in nodeNames { _ = try await images.ensure(node: node, image: image, pull: .ifNotPresent) }
    } catch { return "\(error)" }
    return nil
  }
}
