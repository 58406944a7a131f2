// CoreEngineTests
