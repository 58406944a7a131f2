// CoreMetricsTests
