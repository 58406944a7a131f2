// CoreNodeTests
