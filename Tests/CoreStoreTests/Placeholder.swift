// CoreStoreTests
