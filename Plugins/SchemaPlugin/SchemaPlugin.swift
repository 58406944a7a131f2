import Foundation
import PackagePlugin

/// Compiles Schema/*.schema into what the target needs of it: CoreObjects the vocabulary and the views, CoreAPI the table.
@main
struct SchemaPlugin: BuildToolPlugin {
  func createBuildCommands(context: PluginContext, target: any Target) throws -> [Command] {
    let modes = ["CoreObjects": ["keys", "views"], "CoreAPI": ["table"]][target.name] ?? []
    let folder = context.package.directoryURL.appending(path: "Schema")
    let files = try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
      .filter { $0.pathExtension == "schema" }.sorted { $0.path < $1.path }
    return try modes.map { mode in
      let output = context.pluginWorkDirectoryURL.appending(path: "Schema+\(mode).swift")
      return .buildCommand(
        displayName: "Compiling the schema's \(mode) for \(target.name)",
        executable: try context.tool(named: "SchemaCompiler").url,
        arguments: [mode, output.path] + files.map(\.path), inputFiles: files, outputFiles: [output])
    }
  }
}
