// CoreAPITests
