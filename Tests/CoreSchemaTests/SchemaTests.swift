import CoreAPI
import CoreObjects
import SchemaLanguage
import Testing

/// Parses JSON in a test.
func json(_ text: String) throws -> JSON { try JSONParser.parse(text) }

/// A small schema of its own, so that the rules are visible beside the tests.
let sample = """
  package test.v1 path=io.test.v1 group=test version=v1
  type Thing kind
  | A thing.
    apiVersion string
    kind string
    metadata Meta
    spec ThingSpec required
    status ThingStatus
  type Meta
    name string required
    labels {string}
    creationTimestamp time
    finalizers [string] list=set strategy=merge
  type ThingSpec
    replicas int32 #1? default=1 min=0
    type string enum=Always|Never default="Always"
    port int32 required min=1 max=65535
    storageClassName string immutable
    containers [Item] required keys=name mergeKey=name strategy=merge
    ports [Port] keys=port,protocol mergeKey=port strategy=merge
    items [Item] keys=name repeats
    tags [string] list=set
    command [string] list=atomic
    data bytes
    ready bool
    sizeLimit quantity
    limits {quantity}
    target intOrString
    tolerance double
    extra any
    strategy Strategy strategy=retainKeys
    updateStrategy Strategy strategy=replace
    options Options default={}
  type Options
    periodSeconds int32 default=10
  type Item
    name string required
    image string
    imagePullPolicy string default="IfNotPresent"
    env [Item] keys=name mergeKey=name strategy=merge
    args [string]
  type Port
    port int32 required
    protocol string default="TCP"
  type Strategy
    type string
    rollingUpdate Options
    exec Options
  type ThingStatus
    replicas int32 required
    phase string required enum=Up|Down
  """

func sampleSchema() throws -> (schema: Schema, thing: TypeSchema) {
  let schema = try Schema(SchemaReader.read(sample))
  return (schema, try #require(schema.type("test.v1.Thing")))
}

@Suite struct SchemaTests {
  @Test("every declared type is found by its qualified name, with its fields and its OpenAPI name")
  func lookUp() throws {
    let set = try #require(Schema.shared.type("apps.v1.StatefulSet"))
    #expect(set.openAPIName == "io.k8s.api.apps.v1.StatefulSet")
    #expect(set.isKind)
    let spec = try #require(set.field("spec")?.shape.elementType)
    #expect(spec.qualifiedName == "apps.v1.StatefulSetSpec")
    #expect(spec.field("template")?.shape.elementType?.name == "PodTemplateSpec")
    #expect(spec.field("metadata") == nil)
    #expect(Schema.shared.type("apps.v1.Nothing") == nil)
  }

  @Test("every field of every type is found by its key, and no field of another type")
  func fieldTable() {
    let keys = Schema.shared.types.flatMap { $0.fields.map(\.key) }
    for type in Schema.shared.types {
      for (index, field) in type.fields.enumerated() { #expect(type.index(of: field.key) == index) }
      let own = Set(type.fields.map(\.key))
      for key in keys where !own.contains(key) { #expect(type.index(of: key) == -1) }
    }
  }

  @Test("an attribute, a type or a default that is not understood is an error that names the line")
  func mistakes() {
    let head = "package t.v1 path=t group=\"\" version=v1\ntype T\n"
    #expect { try SchemaReader.read(head + "  a string reqired") } throws: {
      "\($0)".hasPrefix("line 3: unknown attribute 'reqired'")
    }
    #expect(throws: SchemaLanguageError.self) { try Schema(SchemaReader.read(head + "  a Missing")) }
    #expect(throws: SchemaLanguageError.self) { try Schema(SchemaReader.read(head + "  a string default={")) }
  }

  @Test("docs may span lines and belong to the type or the field above them")
  func docs() throws {
    let text = "package t.v1 path=t group=\"\" version=v1\ntype T\n| One\n| two.\n  a string\n  | Three\n  | four.\n"
    let document = try SchemaReader.read(text)
    #expect(document.types[0].docs == "One two.")
    #expect(document.types[0].fields[0].docs == "Three four.")
    #expect(document.types[0].group == "")
  }
}

@Suite struct FieldErrorTests {
  @Test("paths read as kubectl users know them")
  func paths() {
    #expect(
      FieldPath("spec").child("template").child(.spec).child(.containers).index(0).child(.name).description
        == "spec.template.spec.containers[0].name")
    #expect(
      FieldPath("metadata").child(.labels).key("app.kubernetes.io/name").description == "metadata.labels[app.kubernetes.io/name]")
    #expect(FieldPath("spec.a") == FieldPath("spec").child("a"))
    #expect(FieldPath().description == "")
  }

  @Test("messages say what is wrong, the value and why")
  func messages() {
    let path: FieldPath = "spec.replicas"
    #expect(
      FieldError(.invalid, path, value: -1, detail: "must be greater than or equal to 0").message
        == "spec.replicas: Invalid value: -1: must be greater than or equal to 0")
    #expect(FieldError(.required, path, detail: "").message == "spec.replicas: Required value")
    #expect(FieldError(.duplicate, path, value: "a\"b", detail: "").message == #"spec.replicas: Duplicate value: "a\"b""#)
    #expect(FieldError(.forbidden, path, value: 1, detail: "no").message == "spec.replicas: Forbidden: no")
    #expect(
      FieldError.notSupported(path, value: "C", supported: ["A", "B"]).message
        == #"spec.replicas: Unsupported value: "C": supported values: "A", "B""#)
    #expect(FieldError(.internal, path, detail: "").causeReason == "InternalError")
    #expect(FieldError(.tooLong, path, detail: "").causeReason == "FieldValueTooLong")
  }
}
