// EdgeImagesTests
