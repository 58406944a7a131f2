import SchemaLanguage

// Called by SchemaPlugin: SchemaCompiler MODE OUTPUT FILE.schema …
// MODE: keys (the vocabulary) and views (the typed views) for CoreObjects, table (the declarations for CoreAPI).
let arguments = CommandLine.arguments
guard arguments.count > 3 else {
  fail("usage: SchemaCompiler keys|views|table OUTPUT FILE.schema …", status: 2)
}

var text = ""
for path in arguments.dropFirst(3).sorted() {
  let file = TextFile.read(path)
  do throws(SchemaLanguageError) { _ = try SchemaReader.read(file) } catch {
    fail("\(path):\(error.line): error: \(error.message)", status: 1)
  }
  text += file
}
let document = try SchemaReader.read(text)
let output =
  switch arguments[1] {
  case "keys": KeysOutput.make(document)
  case "views": ViewsOutput.make(document)
  default: try TableOutput.make(text, document)
  }
TextFile.write(output, to: arguments[2])
