import Foundation
import SchemaLanguage

// Called by SchemaPlugin: SchemaCompiler MODE OUTPUT FILE.schema …
// MODE: keys (the vocabulary of CoreJSON), views (the typed views of CoreTypes), text (the declarations for CoreSchema).
let arguments = CommandLine.arguments
guard arguments.count > 3 else {
  FileHandle.standardError.write(Data("usage: SchemaCompiler keys|views|text OUTPUT FILE.schema …\n".utf8))
  exit(2)
}

var text = ""
for path in arguments.dropFirst(3).sorted() {
  let file = try String(contentsOfFile: path, encoding: .utf8)
  do throws(SchemaLanguageError) { _ = try SchemaReader.read(file) } catch {
    FileHandle.standardError.write(Data("\(path):\(error.line): error: \(error.message)\n".utf8))
    exit(1)
  }
  text += file
}
let document = try SchemaReader.read(text)
let output =
  switch arguments[1] {
  case "keys": KeysOutput.make(document)
  case "views": ViewsOutput.make(document)
  default: TextOutput.make(text)
  }
try output.write(toFile: arguments[2], atomically: true, encoding: .utf8)
