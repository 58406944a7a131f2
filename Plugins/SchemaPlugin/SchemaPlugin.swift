import Foundation
import PackagePlugin

/// Compiles Schema/*.schema into what the target needs of it: CoreJSON the vocabulary, CoreTypes the views, CoreSchema the text.
@main
struct SchemaPlugin: BuildToolPlugin {
  func createBuildCommands(context: PluginContext, target: any Target) throws -> [Command] {
    let modes = ["CoreJSON": "keys", "CoreTypes": "views", "CoreSchema": "text"]
    guard let mode = modes[target.name] else { return [] }
    let folder = context.package.directoryURL.appending(path: "Schema")
    let files = try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
      .filter { $0.pathExtension == "schema" }.sorted { $0.path < $1.path }
    let output = context.pluginWorkDirectoryURL.appending(path: "Schema+\(mode).swift")
    return [
      .buildCommand(
        displayName: "Compiling the schema's \(mode) for \(target.name)",
        executable: try context.tool(named: "SchemaCompiler").url,
        arguments: [mode, output.path] + files.map(\.path), inputFiles: files, outputFiles: [output])
    ]
  }
}
