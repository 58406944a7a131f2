// CoreControllersTests
