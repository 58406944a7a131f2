// KubectlTests
