// CoreJSONTests
