// CoreTypesTests
