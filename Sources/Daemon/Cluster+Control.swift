import CoreControllers
import CoreEngine
import CoreNode
package import CoreObjects
import EdgeAgent
package import EdgeHTTP
package import EdgeImages

extension Cluster {
  /// Answers what came over the control socket: with `lines` to be shown or an `explanation`, else with `error`.
  func answer(control tree: JSON) -> JSON {
    switch ControlRequest(tree) {
    case .images(let request):
      do throws(ImageError) {
        return ["lines": .array(try perform(request).map { .string($0) })]
      } catch { return ["error": .string("\(error)")] }
    case .explain(let name, let namespace):
      guard let explanation = explanation(ofAutoscaler: name, namespace: namespace) else {
        return ["error": .string("there is no HorizontalPodAutoscaler \"\(name)\" in namespace \(namespace)")]
      }
      return ["explanation": explanation]
    case nil: return ["error": "the request is not understood by this version of the cluster"]
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
    let nodes = configuration.nodeNames
    let lines = try ImageControl(store: images, nodes: nodes).perform(request)
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
      for node in configuration.nodeNames { _ = try await images.ensure(node: node, image: image, pull: .ifNotPresent) }
    } catch { return "\(error)" }
    return nil
  }
}
