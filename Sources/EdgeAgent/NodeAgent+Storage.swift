import CoreNode
import EdgeImages
import EdgeLinux
import Synchronization

extension NodeAgent {
  func ensureImage(_ wanted: WantedImage, node: String, podUID: String, container: String) async {
    let event: NodeEvent
    let reports = Mutex<Task<Void, Never>?>(nil)
    do throws(ImageError) {
      let before = images.list(node: node)
      let found = try await images.ensure(node: node, image: wanted.image, pull: wanted.pull, keyring: wanted.keyring) {
        progress in
        reports.withLock { $0 = self.report(progress, node: node, podUID: podUID, container: container) }
      }
      if images.list(node: node) != before { reportImages(node) }
      event = .imageReady(podUID: podUID, container: container, image: found.facts, found.origin)
    } catch {
      event = .imageFailed(podUID: podUID, container: container, reason: error.reason, message: error.description)
    }
    reports.withLock { $0?.cancel() }
    observe(NodeObservation(node: node, event: event))
  }

  /// Reports a pull that begins, and how far it is after 10 s, 30 s, 70 s and so on, until it is cancelled.
  private func report(_ progress: PullProgress, node: String, podUID: String, container: String) -> Task<Void, Never> {
    observe(NodeObservation(node: node, event: .imagePulling(podUID: podUID, container: container)))
    return Task {
      var pause = Duration.seconds(10)
      while true {
        try? await Task.sleep(for: pause)
        if Task.isCancelled { return }
        let event = NodeEvent.imagePulling(podUID: podUID, container: container, progress: progress.line)
        self.observe(NodeObservation(node: node, event: event))
        pause *= 2
      }
    }
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
