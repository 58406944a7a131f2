// EdgeRuntimeTests
