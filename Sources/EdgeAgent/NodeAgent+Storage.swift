import CoreNode
import EdgeImages
import EdgeLinux

extension NodeAgent {
  func ensureImage(node: String, podUID: String, container: String, image: String, pull: ImagePull) async {
    let event: NodeEvent
    do throws(ImageError) {
      let before = images.list(node: node)
      let found = try await images.ensure(node: node, image: image, pull: pull) {
        self.observe(NodeObservation(node: node, event: .imagePulling(podUID: podUID, container: container)))
      }
      if images.list(node: node) != before { reportImages(node) }
      event = .imageReady(podUID: podUID, container: container, image: found.facts, unasked: found.unasked)
    } catch {
      event = .imageFailed(podUID: podUID, container: container, reason: error.reason, message: error.description)
    }
    observe(NodeObservation(node: node, event: event))
  }

  func createVolume(_ name: String, node: String) {
    reportVolume(name, node: node) {
      let path = configuration.volumeDirectory + "/" + name
      try Files.makeDirectories(path)
      // Pods of any user write to it, as with kind's local-path provisioner.
      try Files.setMode(path, 0o777)
      return .volumeCreated(name: name, path: path)
    }
  }

  func deleteVolume(_ name: String, node: String) {
    reportVolume(name, node: node) {
      try Files.remove(configuration.volumeDirectory + "/" + name)
      return .volumeDeleted(name: name)
    }
  }

  private func reportVolume(_ name: String, node: String, _ body: () throws -> NodeEvent) {
    let event: NodeEvent
    do {
      try PathName.check(name)
      event = try body()
    } catch { event = .volumeFailed(name: name, message: "\(error)") }
    observe(NodeObservation(node: node, event: event))
  }
}
