// EdgeHTTPTests
