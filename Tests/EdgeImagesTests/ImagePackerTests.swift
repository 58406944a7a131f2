import Foundation
import Glibc
import TestMachine
import Testing

@testable import EdgeImages

@Suite("Images are made without a container engine")
struct ImagePackerTests {
  private func recipe(_ scratch: Scratch, text: String = "hello") throws -> ImageRecipe {
    try text.write(toFile: scratch.path + "/source", atomically: true, encoding: .utf8)
    var recipe = ImageRecipe(name: "made:1")
    try recipe.add("/opt/deep/file", mode: 0o755, .file(host: scratch.path + "/source"))
    try recipe.add("etc/passwd", text: "root:x:0:0::/:/bin/sh\n")
    try recipe.add("bin/sh", .link(to: "busybox"))
    try recipe.add("tmp", mode: 0o1777, .directory)
    recipe.command = ["/opt/deep/file"]
    recipe.environment = ["A=b"]
    recipe.user = "7"
    return recipe
  }

  @Test("a packed image is in the store, with its files and its configuration")
  func store() throws {
    let scratch = try Scratch()
    let packed = try ImagePacker(try recipe(scratch)).pack(into: scratch.store, nodes: [ImageStore.packedNode])
    #expect(packed.names == ["docker.io/library/made:1"])
    let image = try scratch.prepared("made:1", node: ImageStore.packedNode)
    #expect(image.command == ["/opt/deep/file"])
    #expect(image.environment == ["A=b"])
    #expect(image.user == "7")
    #expect(try String(contentsOfFile: image.layerDirectories[0] + "/opt/deep/file", encoding: .utf8) == "hello")
    #expect(try FileManager.default.destinationOfSymbolicLink(atPath: image.layerDirectories[0] + "/bin/sh") == "busybox")
    var status = stat()
    #expect(lstat(image.layerDirectories[0] + "/tmp", &status) == 0)
    #expect(status.st_mode & 0o7777 == 0o1777)
  }

  @Test("a changed file makes a new image, an unchanged one the same")
  func changes() throws {
    let scratch = try Scratch()
    let first = try ImagePacker(try recipe(scratch)).pack(into: scratch.store, nodes: ["node"])
    let second = try ImagePacker(try recipe(scratch)).pack(into: scratch.store, nodes: ["node"])
    #expect(second.id == first.id)
    #expect(second.nodesThatHadIt == ["node"])
    let third = try ImagePacker(try recipe(scratch, text: "other")).pack(into: scratch.store, nodes: ["node"])
    #expect(third.id != first.id)
    #expect(try scratch.prepared("made:1").id == third.id)
  }

  @Test("a recipe cannot place files outside the image")
  func escape() throws {
    var recipe = ImageRecipe(name: "made:1")
    #expect(throws: ImageError.self) { try recipe.add("../x", .directory) }
    #expect(throws: ImageError.self) { try recipe.add("/", .directory) }
    #expect(throws: ImageError.noProgram("/nonexistent")) { try recipe.addProgram("/nonexistent", at: "x") }
  }

  @Test("the stand-in's bash, jq and kubectl run in it", .enabled(if: Requirement.met(.root), "needs root"))
  func standIn() throws {
    let scratch = try Scratch()
    _ = try ImagePacker(try .kubernetesTools(name: "alpine/k8s:1.25.8")).pack(into: scratch.store, nodes: ["node"])
    let layers = try scratch.prepared("alpine/k8s:1.25.8").layerDirectories
    #expect(layers.count == 1)
    let script =
      "set -e; echo '{\"a\":\"500\"}' | jq -rc .a; kubectl version --client -o json | jq -r .clientVersion.major; dd if=/etc/group of=/tmp/x"
    #expect(try run("/usr/sbin/chroot", layers[0], "/bin/bash", "-c", script) == "500\n1\n")
  }

  @Test("the application's image has the program, a shell and dd", .enabled(if: Requirement.met(.root), "needs root"))
  func application() throws {
    let scratch = try Scratch()
    _ = try ImagePacker(try .application(name: "app:test", program: "/bin/true")).pack(into: scratch.store, nodes: ["node"])
    let image = try scratch.prepared("app:test")
    #expect(image.command == ["/app", "/tmp/data", "30"])
    let script =
      "/app && dd if=/bin/busybox of=/tmp/data.tmp bs=1K count=7;mv /tmp/data.tmp /tmp/data; stat -c %s /tmp/data"
    #expect(try run("/usr/sbin/chroot", image.layerDirectories[0], "/bin/sh", "-c", script) == "7168\n")
  }
}

@Suite("Images come from docker or podman where they are there")
struct EngineImageTests {
  /// A store, and a PATH with nothing but a script of that name.
  private func engine(_ name: String?, _ script: String = "") throws -> (Scratch, path: String) {
    let scratch = try Scratch()
    let bin = scratch.path + "/bin"
    try FileManager.default.createDirectory(atPath: bin, withIntermediateDirectories: true)
    if let name {
      try ("#!/bin/sh\n" + script).write(toFile: scratch.path + "/script", atomically: true, encoding: .utf8)
      // Another process writes the program: what this one has open for writing a fork of another test may hold, and a file
      // that is open for writing does not run (ETXTBSY).
      try run("/usr/bin/install", "-m", "755", scratch.path + "/script", bin + "/" + name)
    }
    return (scratch, bin)
  }

  @Test("what docker save writes is loaded")
  func docker() throws {
    let file = NSTemporaryDirectory() + "save-" + UUID().uuidString
    defer { try? FileManager.default.removeItem(atPath: file) }
    try Data(tar(try dockerArchive([("app:test", [tar([.file("x", "y")])])]))).write(to: URL(fileURLWithPath: file))
    let (scratch, path) = try engine("docker", "[ \"$1 $2\" = 'save app:test' ] && exec /bin/cat \(file)")
    let loaded = try scratch.store.load(engineImage: "app:test", nodes: ["a"], path: path)
    #expect(loaded.map(\.names) == [["docker.io/library/app:test"]])
  }

  @Test(
    "why an engine does not hand over the image is told",
    arguments: [
      (
        "docker", "echo 'Cannot connect to the Docker daemon at unix:///var/run/docker.sock.' >&2; exit 1",
        "its engine does not run"
      ),
      ("docker", "echo 'Error response from daemon: No such image: app:test' >&2; exit 1", "docker has no image"),
      ("podman", "echo 'Error: app:test: image not known' >&2; exit 125", "podman has no image"),
      ("podman", "echo strange >&2; exit 9", "exit code 9: strange"),
    ])
  func failures(name: String, script: String, words: String) throws {
    let (scratch, path) = try engine(name, script)
    let error = #expect(throws: ImageError.self) { try scratch.store.load(engineImage: "app:test", nodes: ["a"], path: path) }
    #expect(error?.description.contains(words) == true, "\(error as Any)")
    #expect(scratch.kept.isEmpty)
  }

  @Test("with neither engine, an image that was packed under the name is taken; else the error says both")
  func packed() throws {
    let (scratch, path) = try engine(nil)
    let error = #expect(throws: ImageError.self) { try scratch.store.load(engineImage: "app:test", nodes: ["a"], path: path) }
    #expect(error?.description.contains("neither docker nor podman") == true)
    #expect(throws: ImageError.self) { try scratch.store.load(engineImage: "-x", nodes: ["a"], path: path) }
    var recipe = ImageRecipe(name: "app:test")
    try recipe.add("x", text: "y")
    let id = try ImagePacker(recipe).pack(into: scratch.store, nodes: [ImageStore.packedNode]).id
    let loaded = try scratch.store.load(engineImage: "app:test", nodes: ["a", "b"], path: path)
    #expect(loaded == [LoadedImage(names: ["docker.io/library/app:test"], id: id, nodes: ["a", "b"], nodesThatHadIt: [])])
  }
}
