// CoreSchemaTests
